package device

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// template is the file to fill in.
func (h handlers) template(w http.ResponseWriter, r *http.Request) error {
	return page.SendFile(w, r, "text/csv; charset=utf-8", "devices.csv", device.Template())
}

// fileView is the form that sends a file, with what was chosen and pasted.
type fileView struct {
	ID     id.DeviceImport
	SBI    string
	Text   string
	Types  devicetype.Types
	SBIs   []sbi.SBI
	Files  []device.Import // not taken yet
	Errors form.Errors
}

// newFile asks for a file of devices. "?sbi=" chooses the SBI.
func (h handlers) newFile(w http.ResponseWriter, r *http.Request) error {
	return h.drawFile(w, r, http.StatusOK, fileView{ID: id.New[id.DeviceImport](), SBI: r.URL.Query().Get("sbi")})
}

func (h handlers) drawFile(w http.ResponseWriter, r *http.Request, status int, v fileView) error {
	ctx := r.Context()
	types, err := h.types.All(ctx)
	if err != nil {
		return err
	}
	v.Types = types.Usable()
	if v.SBIs, err = h.sbis.CountingOf(ctx, page.Actor(ctx).Partner); err != nil {
		return err
	}
	if len(v.SBIs) == 1 && v.SBI == "" {
		v.SBI = v.SBIs[0].ID.String()
	}
	if v.Files, err = h.devices.Files(ctx, page.Actor(ctx)); err != nil {
		return err
	}
	return page.Render(w, r, status, filePage(v))
}

// sent is a file as a form sends it: chosen, or pasted as text.
type sent struct {
	ID      string
	SBI     string
	Name    string
	Content []byte
	Field   string // where a message about the content belongs
	Text    string // as pasted
}

// receive reads the form of a file. The file is taken out before form.Parse, which
// refuses what is no text (security.md LIM-3: no temporary file is made).
func receive(r *http.Request) (sent, error) {
	if _, err := form.PostedToken(r); err != nil {
		return sent{}, err
	}
	files := r.PostForm["file"]
	r.PostForm.Del("file")
	// A browser names the file in its own way; bytes that are no text are no name.
	f, err := form.Parse(r, "id", "sbi", "text", "file"+form.FileName)
	if err != nil {
		return sent{}, err
	}
	in := sent{ID: f.Raw("id"), SBI: f.Raw("sbi"), Name: clean(f.Raw("file" + form.FileName)), Field: "file", Text: f.Raw("text")}
	switch {
	case len(files) > 1:
		return sent{}, problem.ErrBadRequest
	case len(files) == 1 && files[0] != "":
		in.Content = []byte(files[0])
	case strings.TrimSpace(in.Text) != "":
		in.Content, in.Field, in.Name = []byte(in.Text), "text", ""
	}
	return in, nil
}

// clean keeps a file's name on one line.
func clean(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name))
}

// errors are the findings of a form, those about the content at the field that it
// came by.
func (in sent) errors(ctx context.Context, err error) (form.Errors, bool) {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return form.Errors{}, false
	}
	var f problem.Fields
	for _, x := range invalid.Fields {
		name := x.Name
		if name == "file" {
			name = in.Field
		}
		f.Add(name, x.Key, x.Args...)
	}
	return form.Translate(ctx, f.Err())
}

// keep looks at a file and stores it, under the ID that its form proposed.
func (h handlers) keep(r *http.Request, iid id.DeviceImport, in sent) error {
	sid, err := id.Parse[id.SBI](in.SBI)
	if err != nil {
		sid = id.SBI{} // none is chosen
	}
	if in.Name == "" {
		in.Name = i18n.T(r.Context(), "device.file.pasted")
	}
	return h.devices.Upload(r.Context(), page.Actor(r.Context()), device.NewFile{ID: iid, SBI: sid, Name: in.Name, Content: in.Content})
}

// upload keeps a file and shows what is in it.
func (h handlers) upload(w http.ResponseWriter, r *http.Request) error {
	in, err := receive(r)
	if err != nil {
		return err
	}
	iid, err := id.Parse[id.DeviceImport](in.ID)
	if err != nil {
		return problem.ErrBadRequest // the form itself carries it
	}
	err = h.keep(r, iid, in)
	if errs, invalid := in.errors(r.Context(), err); invalid {
		return h.drawFile(w, r, http.StatusUnprocessableEntity, fileView{ID: iid, SBI: in.SBI, Text: in.Text, Errors: errs})
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, fileURL(iid))
}

func parseFile(r *http.Request) (id.DeviceImport, error) {
	return id.Parse[id.DeviceImport](chi.URLParam(r, "id"))
}

// previewView is a file with what would be registered of it.
type previewView struct {
	device.Preview
	Page   int // of its lines, from 1
	SBIs   []sbi.SBI
	Errors form.Errors
	Late   string // what happened since the page was shown
	Text   string // that was pasted to replace it
}

// perPage is how many lines of a file a page shows, and how many findings.
const perPage = 100

// preview shows a file line by line, what is wrong with it first.
func (h handlers) preview(w http.ResponseWriter, r *http.Request) error {
	iid, err := parseFile(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	return h.drawPreview(w, r, http.StatusOK, iid, previewView{Page: n})
}

func (h handlers) drawPreview(w http.ResponseWriter, r *http.Request, status int, iid id.DeviceImport, v previewView) (err error) {
	ctx := r.Context()
	if v.Preview, err = h.devices.Preview(ctx, page.Actor(ctx), iid); err != nil {
		return err
	}
	if v.SBIs, err = h.sbis.CountingOf(ctx, page.Actor(ctx).Partner); err != nil {
		return err
	}
	v.Page = min(max(1, v.Page), v.last())
	return page.Render(w, r, status, previewPage(v))
}

// replace puts another file into the place of one.
func (h handlers) replace(w http.ResponseWriter, r *http.Request) error {
	in, err := receive(r)
	if err != nil {
		return err
	}
	iid, err := parseFile(r)
	if err != nil {
		return err
	}
	if _, err := h.devices.Preview(r.Context(), page.Actor(r.Context()), iid); err != nil {
		return err // there is nothing to replace
	}
	err = h.keep(r, iid, in)
	if errs, invalid := in.errors(r.Context(), err); invalid {
		return h.drawPreview(w, r, http.StatusUnprocessableEntity, iid, previewView{Page: 1, Errors: errs, Text: in.Text})
	}
	if err != nil {
		return err
	}
	return page.Redirect(w, r, fileURL(iid))
}

// take registers all devices of a file as its page showed it.
func (h handlers) take(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Parse(r, "print")
	if err != nil {
		return err
	}
	iid, err := parseFile(r)
	if err != nil {
		return err
	}
	err = h.devices.Take(r.Context(), page.Actor(r.Context()), iid, f.Raw("print"))
	var found *device.FindingsError
	switch {
	case err == nil:
		return page.Redirect(w, r, fileURL(iid))
	case errors.As(err, &found):
		return h.drawPreview(w, r, http.StatusConflict, iid, previewView{Page: 1, Late: i18n.T(r.Context(), "device.file.changed")})
	case errors.Is(err, problem.ErrConflict) && page.Meanwhile(r.Context(), err) != "":
		return h.drawPreview(w, r, http.StatusConflict, iid, previewView{Page: 1, Late: page.Meanwhile(r.Context(), err)})
	}
	return err
}

// last is the last page of the lines.
func (v previewView) last() int { return max(1, (len(v.Lines)+perPage-1)/perPage) }

// lines are those of the page.
func (v previewView) lines() []device.PreviewLine {
	first := (v.Page - 1) * perPage
	return v.Lines[min(first, len(v.Lines)):min(first+perPage, len(v.Lines))]
}

// findings are the first of them: who sees a hundred needs no more to begin with.
func (v previewView) findings() []device.Finding {
	return v.Findings[:min(len(v.Findings), perPage)]
}

// obstacle is what keeps the file from being registered besides its lines, "" for
// nothing.
func (v previewView) obstacle(ctx context.Context) string {
	switch {
	case v.Halt != nil:
		return page.Meanwhile(ctx, v.Halt)
	case v.Good > v.Room:
		return i18n.T(ctx, "device.file.no_room", "Count", max(0, v.Room))
	}
	return ""
}

// findingText is what is wrong, and what to do.
func findingText(ctx context.Context, f device.Finding) string { return i18n.T(ctx, f.Key, f.Args...) }

// codes are the types that a file can name, a line each: the type's code, the
// sub-type's, and what they are called.
func (v fileView) codes(ctx context.Context) [][3]string {
	var all [][3]string
	for _, t := range v.Types {
		for _, s := range t.SubTypes {
			all = append(all, [3]string{t.Code, s.Code, kindText(ctx, t, s)})
		}
	}
	return all
}

func (v fileView) sbiField(ctx context.Context) ui.Field {
	return ui.Field{Name: "sbi", Label: i18n.T(ctx, "device.field.sbi"), Hint: i18n.T(ctx, "device.field.sbi.hint"), Error: v.Errors.For("sbi")}
}
