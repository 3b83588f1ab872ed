// Package form reads what a browser posted: text by name, nothing else. Names
// that a form does not have, and names that come twice, are refused, so that
// nothing can be set that the form did not offer (security.md AUT-5). It knows
// no rule of the domain.
package form

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"portal/internal/problem"
	"portal/web/i18n"
)

// Token is the name of the hidden field that binds a form to its session.
const Token = "_token"

// limits bound how many names a form may have (security.md LIM-1) and how many
// parts a multipart form (LIM-3).
type limits struct{ fields, parts int }

// common are the limits of every form that does not ask for others.
var common = limits{fields: 100, parts: 40}

type limitsKey struct{}

// WithFields gives a request's form room for n names and as many parts: for the
// few forms whose rows people add themselves. It comes before anything is read.
func WithFields(r *http.Request, n int) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), limitsKey{}, limits{fields: n, parts: n}))
}

func limitsOf(r *http.Request) limits {
	if l, ok := r.Context().Value(limitsKey{}).(limits); ok {
		return l
	}
	return common
}

// Values is what was posted.
type Values struct{ v url.Values }

// Parse reads a posted form. names are the fields that the form has; a name
// ending in "*" allows any that begin so; a name ending in "[]" may come more
// than once. Anything else is problem.ErrBadRequest, a body over the route's
// limit *http.MaxBytesError.
func Parse(r *http.Request, names ...string) (Values, error) {
	posted, err := read(r)
	if err != nil {
		return Values{}, err
	}
	if len(posted) > limitsOf(r).fields {
		return Values{}, problem.ErrBadRequest
	}
	for name, values := range posted {
		many, known := allowed(name, names)
		if !known || len(values) > 1 && !many {
			return Values{}, problem.ErrBadRequest
		}
		for _, v := range values {
			if !utf8.ValidString(v) {
				return Values{}, problem.ErrBadRequest
			}
		}
	}
	return Values{posted}, nil
}

func allowed(name string, names []string) (many, known bool) {
	if name == Token {
		return false, true
	}
	for _, n := range names {
		switch {
		case n == name:
			return false, true
		case strings.HasSuffix(n, "[]") && strings.TrimSuffix(n, "[]") == name:
			return true, true
		case strings.HasSuffix(n, "*") && strings.HasPrefix(name, strings.TrimSuffix(n, "*")):
			return false, true
		}
	}
	return false, false
}

// read understands both encodings without a temporary file. It keeps the result
// in r.PostForm, so that the form token's check and the handler read once.
func read(r *http.Request) (url.Values, error) {
	if r.PostForm != nil {
		return r.PostForm, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, problem.ErrBadRequest
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		r.PostForm, err = parts(r)
	default:
		return nil, problem.ErrBadRequest
	}
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, problem.ErrBadRequest
	}
	return r.PostForm, nil
}

// parts takes files as text too: the portal's only uploads are texts.
func parts(r *http.Request) (url.Values, error) {
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	v, most := url.Values{}, limitsOf(r).parts
	for n := 0; ; n++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return v, nil
		}
		if err != nil {
			return nil, err
		}
		if n == most || part.FormName() == "" {
			return nil, problem.ErrBadRequest
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		v.Add(part.FormName(), string(b))
		if name := part.FileName(); name != "" {
			v.Add(part.FormName()+FileName, name) // in the order of the files: one field may hold several
		}
	}
}

// FileName is what follows a file field's name to give the file's own name.
const FileName = ".filename"

// PostedToken is the form token of a request, "" if there is none. An error is
// one of Parse's.
func PostedToken(r *http.Request) (string, error) {
	v, err := read(r)
	if err != nil {
		return "", err
	}
	return v.Get(Token), nil
}

// Text is a field's value without the blanks around it.
func (v Values) Text(name string) string { return strings.TrimSpace(v.v.Get(name)) }

// Raw is a field's value as it came: for passwords and documents.
func (v Values) Raw(name string) string { return v.v.Get(name) }

// All are the values of a field that may come more than once.
func (v Values) All(name string) []string { return v.v[name] }

// Has reports whether a field came at all: a button that was pressed, a box
// that was ticked.
func (v Values) Has(name string) bool { return v.v.Has(name) }

// Int is a whole number that the form itself wrote (a row version); anything
// else is 0, which no row has.
func (v Values) Int(name string) int {
	n, err := strconv.Atoi(v.v.Get(name))
	if err != nil || n < 0 || n > 1<<30 {
		return 0
	}
	return n
}

// Link leads from the summary of errors to a field.
type Link struct{ Name, Text string }

// Errors are the findings of a form in the reader's language. The zero value
// has none.
type Errors struct{ links []Link }

// Translate makes Errors of a problem.InvalidError; ok is false for any other
// error, which the caller returns.
func Translate(ctx context.Context, err error) (e Errors, ok bool) {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return Errors{}, false
	}
	for _, f := range invalid.Fields {
		e.links = append(e.links, Link{Name: f.Name, Text: i18n.T(ctx, f.Key, f.Args...)})
	}
	return e, true
}

// For is the message at a field, "" if it has none.
func (e Errors) For(name string) string {
	for _, l := range e.links {
		if l.Name == name {
			return l.Text
		}
	}
	return ""
}

// Any reports whether there is anything to correct.
func (e Errors) Any() bool { return len(e.links) > 0 }

// Links are all messages in the order of the form.
func (e Errors) Links() []Link { return e.links }
