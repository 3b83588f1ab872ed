package confirm

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
)

// held is the field in which a form waits for its code.
const held = "_held"

// around is what the page that asks adds to what waits: the form's token, the code,
// names and separators.
const around = 1 << 10

const purpose = "held-form"

// seal packs the request's form so that it comes back as it was, to the same
// address, from the same person. It is sealed because a password may be in it, and
// the page that holds it is a page. What does not fit is left out, files first: lost
// says so, and the form itself asks for it again.
func (g *Gate) seal(r *http.Request, limit int64) (text string, lost bool) {
	fields := maps.Clone(r.PostForm)
	delete(fields, form.Token)
	for {
		text = g.pack(r, fields)
		if int64(len(text)+around) <= limit || len(fields) == 0 {
			return text, lost
		}
		name := largest(fields)
		delete(fields, name)
		delete(fields, name+form.FileName)
		lost = true
	}
}

// largest is the field to leave out: a file before anything else.
func largest(fields url.Values) (name string) {
	most, file := -1, false
	for n, values := range fields {
		_, isFile := fields[n+form.FileName]
		size := len(strings.Join(values, ""))
		if isFile == file && size > most || isFile && !file {
			name, most, file = n, size, isFile
		}
	}
	return name
}

func (g *Gate) pack(r *http.Request, fields url.Values) string {
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestSpeed) // the level exists
	_, _ = io.WriteString(z, fields.Encode())    // a buffer takes everything
	_ = z.Close()
	return base64.RawURLEncoding.EncodeToString(g.Keys.Seal(purpose, belongs(r), b.Bytes()))
}

// open gives a form back; problem.ErrBadRequest for anything that seal did not make
// for this person and address.
func (g *Gate) open(r *http.Request, text string) (url.Values, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, problem.ErrBadRequest
	}
	packed, err := g.Keys.Open(purpose, belongs(r), sealed)
	if err != nil {
		return nil, problem.ErrBadRequest
	}
	const most = 16 << 20 // far over the largest form: this machine packed it
	b, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), most))
	if err != nil {
		return nil, problem.ErrBadRequest
	}
	fields, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, problem.ErrBadRequest
	}
	return fields, nil
}

// belongs is whose form it is and where it goes.
func belongs(r *http.Request) []byte {
	return []byte(page.Actor(r.Context()).User.String() + " " + r.URL.Path)
}
