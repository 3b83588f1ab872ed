package certwords

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"

	"portal/internal/certdoc"
	"portal/internal/problem"
	"portal/web/form"
)

// Upload is what a form for certificates sends: a file or pasted text, or the
// bytes that its first page carries to the second.
type Upload struct {
	form.Values
	Bytes []byte
	Field string // "file" or "text": where a message about the bytes belongs
	Text  string // as pasted, to be shown again
	Take  bool   // the second page's button: not a look, but the deed
}

// Receive reads the form of an upload; names are its other fields. The file is
// taken out before form.Parse, which refuses what is no text (security.md LIM-3:
// no temporary file is made).
func Receive(r *http.Request, names ...string) (Upload, error) {
	if _, err := form.PostedToken(r); err != nil {
		return Upload{}, err
	}
	files := r.PostForm["file"]
	r.PostForm.Del("file")
	v, err := form.Parse(r, append([]string{"text", "bytes", "take", "file" + form.FileName}, names...)...)
	if err != nil {
		return Upload{}, err
	}
	u := Upload{Values: v, Field: "file", Take: v.Has("take")}
	switch {
	case len(files) > 1:
		return Upload{}, problem.ErrBadRequest
	case v.Has("bytes"):
		if u.Bytes, err = base64.StdEncoding.DecodeString(v.Raw("bytes")); err != nil {
			return Upload{}, problem.ErrBadRequest
		}
	case len(files) == 1 && files[0] != "":
		u.Bytes = []byte(files[0])
	case v.Text("text") != "":
		u.Bytes, u.Field, u.Text = []byte(v.Raw("text")), "text", v.Raw("text")
	}
	if certdoc.HoldsKey(u.Bytes) {
		u.Text = "" // a key is not sent back to the page, either
	}
	return u, nil
}

// Carried is the bytes as the first page hands them to the second.
func (u Upload) Carried() string { return base64.StdEncoding.EncodeToString(u.Bytes) }

// Errors are the findings of a form, those about the bytes at the field that they
// came by; ok is false for an error of another sort.
func (u Upload) Errors(ctx context.Context, err error) (e form.Errors, ok bool) {
	var refused *certdoc.RefusalError
	if errors.As(err, &refused) {
		err = problem.Invalid(u.Field, refused.Key, refused.Args...)
	}
	return form.Translate(ctx, err)
}
