package device

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"portal/internal/problem"
)

// MaxFile is how many bytes a file of devices may have.
const MaxFile = 1 << 20

// columns are those of a file, in the order of the template. Their names are the
// same in all languages: they are read by programs.
var columns = []string{"type", "sub_type", "make", "model"}

// Template is a file to fill in: the line of headings, for spreadsheets.
func Template() []byte { return []byte("\ufeff" + strings.Join(columns, ",") + "\r\n") }

// Line is one device as a file gives it. Number counts the lines of the file from 1.
type Line struct {
	Number int
	values [4]string // by columns
	broken bool      // it has too few or too many values
}

// Value is the text of a column.
func (l Line) Value(column string) string {
	for i, c := range columns {
		if c == column {
			return l.values[i]
		}
	}
	return ""
}

// Finding says what to change in a line of a file: Column is one of the columns, ""
// for the whole line, and Value what stands there.
type Finding struct {
	Line   int
	Column string
	Value  string
	Key    string // the message, with Args
	Args   []any
	Device *RegisteredError // that is in the way; nil for every other finding
}

// sheet is a file that was read: its lines, and what is wrong with how they are
// written.
type sheet struct {
	Lines    []Line
	Findings []Finding
}

// readCSV reads a file of devices: UTF-8 with or without a mark, comma, semicolon or tab,
// quotes as RFC 4180 has them, any line ends, the columns in any order and case.
// Empty lines count as lines, but hold no device. A file that cannot be read as a
// whole is a *problem.InvalidError for the input "file"; what is wrong with single
// lines is a finding of each.
func readCSV(content []byte) (sheet, error) {
	text, err := decode(content)
	if err != nil {
		return sheet{}, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err == nil && said.MatchString(firstLine(text)) {
		head, err = r.Read()
	}
	if err != nil {
		return sheet{}, wrongFile("empty")
	}
	places, err := header(filled(head))
	if err != nil {
		return sheet{}, err
	}
	var s sheet
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			// What stands behind a quote that is not closed cannot be told apart any more.
			s.Findings = append(s.Findings, Finding{Line: broken.StartLine, Key: "device.finding.quotes"})
			break
		}
		if err != nil {
			return sheet{}, err
		}
		number, _ := r.FieldPos(0)
		if blank(cells) {
			continue
		}
		if len(s.Lines) == MaxMany {
			return sheet{}, wrongFile("too_many", "Max", MaxMany)
		}
		s.add(number, cells, places)
	}
	if len(s.Lines) == 0 && len(s.Findings) == 0 {
		return sheet{}, wrongFile("nothing")
	}
	return s, nil
}

func wrongFile(what string, args ...any) error {
	return problem.Invalid("file", "device.file.problem."+what, args...)
}

// decode is the text of a file, without the mark that spreadsheets put before it.
func decode(content []byte) (string, error) {
	switch {
	case len(content) > MaxFile:
		return "", wrongFile("too_large", "Max", MaxFile>>20)
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		return "", wrongFile("utf16")
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(content, []byte("PK\x03\x04")), bytes.HasPrefix(content, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "", wrongFile("spreadsheet")
	case bytes.IndexByte(content, 0) >= 0:
		return "", wrongFile("binary")
	case !utf8.Valid(content):
		return "", wrongFile("encoding")
	case len(bytes.TrimSpace(content)) == 0:
		return "", wrongFile("empty")
	}
	// A lone carriage return is a line end of old programs; encoding/csv keeps it.
	return strings.ReplaceAll(strings.ReplaceAll(string(content), "\r\n", "\n"), "\r", "\n"), nil
}

// said is the line by which spreadsheets tell each other the separator.
var said = regexp.MustCompile(`^"?sep=([,;\t])"?$`)

func firstLine(text string) string {
	head, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	return head
}

// separator is the sign that the file names itself, else the one that stands
// oftenest in the line of headings.
func separator(text string) rune {
	head := firstLine(text)
	if m := said.FindStringSubmatch(head); m != nil {
		return rune(m[1][0])
	}
	best := ','
	for _, sign := range ";\t" {
		if strings.Count(head, string(sign)) > strings.Count(head, string(best)) {
			best = sign
		}
	}
	return best
}

// header finds where each column stands.
func header(cells []string) (places [4]int, err error) {
	for i := range places {
		places[i] = -1
	}
	for at, cell := range cells {
		which := slices.Index(columns, columnOf(cell))
		switch {
		case which < 0:
			return places, wrongFile("column_unknown", "Column", short(cell), "Columns", strings.Join(columns, ", "))
		case places[which] >= 0:
			return places, wrongFile("column_twice", "Column", columns[which])
		}
		places[which] = at
	}
	for i, at := range places {
		if at < 0 {
			return places, wrongFile("column_missing", "Column", columns[i], "Columns", strings.Join(columns, ", "))
		}
	}
	return places, nil
}

// columnOf is the column that a heading means, whatever its capitals and the sign
// that joins its words; the heading itself if it means none.
func columnOf(heading string) string {
	plain := joiners.Replace(strings.ToLower(strings.TrimSpace(heading)))
	for _, c := range columns {
		if joiners.Replace(c) == plain {
			return c
		}
	}
	return heading
}

var joiners = strings.NewReplacer("_", "", "-", "", " ", "")

// add reads one line. One with too few or too many values holds no device: nobody
// can tell which is which.
func (s *sheet) add(number int, cells []string, places [4]int) {
	cells = filled(cells)
	l := Line{Number: number, broken: len(cells) != len(columns)}
	for i, at := range places {
		if at < len(cells) {
			l.values[i] = cells[at]
		}
	}
	if l.broken {
		s.Findings = append(s.Findings, Finding{Line: number, Key: "device.finding.cells", Args: []any{"Count", len(cells), "Want", len(columns)}})
	}
	s.Lines = append(s.Lines, l)
}

// filled are cells without the empty columns that spreadsheets write at the end.
func filled(cells []string) []string {
	for len(cells) > len(columns) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// short keeps what is quoted from a file readable.
func short(s string) string {
	const most = 60
	if runes := []rune(strings.ToValidUTF8(s, "")); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
