package export

import (
	"bufio"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"

	"portal/web/page"
)

// held is how much of a file waits before the first byte leaves: a short list
// that fails can still become an error page.
const held = 32 << 10

// answer writes a CSV file into an HTTP answer. The first error stays and
// nothing is written after it.
type answer struct {
	w     http.ResponseWriter
	r     *http.Request
	name  string
	buf   *bufio.Writer
	zip   *gzip.Writer // nil: the browser takes no compressed answers
	begun bool
	err   error
}

func newAnswer(w http.ResponseWriter, r *http.Request, name string) *answer {
	a := &answer{w: w, r: r, name: name}
	var to io.Writer = begin{a}
	if page.Compressed(r) {
		a.zip, _ = gzip.NewWriterLevel(to, 1) // the level is a constant that exists
		to = a.zip
	}
	a.buf = bufio.NewWriterSize(to, held)
	a.text("\ufeff") // without it Excel reads UTF-8 as something else
	return a
}

// begin sends the headers: from now on the answer is a file. User content is
// never a page (security.md WEB-8).
func (a *answer) begin() {
	if a.begun {
		return
	}
	a.begun = true
	page.Attach(a.w, "text/csv; charset=utf-8", a.name)
	a.w.Header().Add("Vary", "Accept-Encoding")
	if a.zip != nil {
		a.w.Header().Set("Content-Encoding", "gzip")
	}
	a.w.WriteHeader(http.StatusOK)
}

// begin is the writer under the buffers: its first byte begins the answer.
type begin struct{ *answer }

func (b begin) Write(p []byte) (int, error) {
	b.begin()
	return b.w.Write(p)
}

func (a *answer) text(s string) {
	if a.err == nil {
		_, a.err = a.buf.WriteString(s)
	}
}

// line writes one row as RFC 4180 says, every cell in quotes.
func (a *answer) line(cells []string) {
	for i, c := range cells {
		if i > 0 {
			a.text(",")
		}
		a.text(quoted(c))
	}
	a.text("\r\n")
}

// end sends what still waits.
func (a *answer) end() error {
	if a.err == nil {
		a.err = a.buf.Flush()
	}
	if a.err == nil && a.zip != nil {
		a.err = a.zip.Close()
	}
	return a.err
}

// Encode is a whole CSV file as Send writes it, for lists that anybody may have: they
// are short, and nobody is written down who takes one.
func Encode(lines [][]string) []byte {
	var b strings.Builder
	b.WriteString("\ufeff")
	for _, cells := range lines {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(quoted(c))
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

// quoted is a cell that no spreadsheet takes for a formula (security.md INJ-4):
// what begins like one gets an apostrophe before it.
func quoted(cell string) string {
	if cell != "" && strings.IndexByte("=+-@\t\r\x00", cell[0]) >= 0 {
		cell = "'" + cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}
