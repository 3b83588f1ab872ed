// Package policyimport is how policies come in and go out as files: documents as
// MOSIP has them, and bundles with their history. It decides nothing: what a file
// holds and whether it can be taken is told by internal/policy.
package policyimport

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/internal/vocabulary"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/route"
)

// importURL is where files are chosen, looked through and taken.
const importURL = "/policies/import"

// formLimit is how many bytes the form may send: all files, base64 on the second
// page, and the fields around them.
const formLimit = policy.MaxImportBytes/3*4 + 256<<10

type handlers struct {
	policies *policy.Service
	words    *vocabulary.Service
}

// Routes are the rows of importing, which needs policy.write, and of bundles,
// which whoever reads policies may have.
func Routes(p *policy.Service, words *vocabulary.Service) []route.Route {
	h := handlers{policies: p, words: words}
	write := route.Needs(authz.PolicyWrite)
	rows := []route.Route{
		route.Get(importURL, write, h.choose),
		route.Post(importURL, write, h.submit).WithLimit(formLimit).WithFields(8 * policy.MaxImportFiles),
	}
	for _, kind := range policydoc.Kinds() {
		rows = append(rows, route.Get(policywords.ListURL(kind)+"/{id}/bundle.json", route.Needs(authz.PolicyRead), h.bundle(kind)))
	}
	return rows
}

// bundle sends a policy with its history, as a file of our own name (security.md
// WEB-8).
func (h handlers) bundle(kind policy.Kind) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		pid, err := id.Parse[id.Policy](chi.URLParam(r, "id"))
		if err != nil {
			return err
		}
		b, err := h.policies.Bundle(r.Context(), pid, kind)
		if err != nil {
			return err
		}
		file, err := b.JSON()
		if err != nil {
			return err
		}
		return page.Download(w, r, fmt.Sprintf("%s-policy-%s-bundle.json", kind, pid), file)
	}
}

// chosen is what was chosen, with what the server says about it.
type chosen struct {
	Group  string
	Groups []policy.Group
	Files  []row
	Errors form.Errors
}

// row is one file: the policy that it would make, as the form has it.
type row struct {
	policy.Import
	Name, Description string // as typed
	Text              []byte
}

// faulty counts the files that cannot be imported.
func (p chosen) faulty() int {
	n := 0
	for _, f := range p.Files {
		if !f.OK() {
			n++
		}
	}
	return n
}

// field is the name of an input of the n-th file.
func field(what string, n int) string { return what + ":" + strconv.Itoa(n) }

func (h handlers) choose(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, chosen{})
}

func (h handlers) render(w http.ResponseWriter, r *http.Request, status int, p chosen) error {
	words, err := h.words.All(r.Context())
	if err != nil {
		return err
	}
	if p.Groups, err = h.policies.ActiveGroups(r.Context()); err != nil {
		return err
	}
	return page.Render(w, r, status, importPageOf(p, words))
}

// submit looks through chosen files, or takes those that were looked through.
func (h handlers) submit(w http.ResponseWriter, r *http.Request) error {
	files, err := takeFiles(r)
	if err != nil {
		return err
	}
	v, err := form.Parse(r, "group", "import", "id:*", "file:*", "name:*", "description:*", "text:*")
	if err != nil {
		return err
	}
	words, err := h.words.All(r.Context())
	if err != nil {
		return err
	}
	p := chosen{Group: v.Raw("group")}
	if len(files) > 0 || !v.Has("import") {
		return h.look(w, r, p, files, words)
	}
	if p.Files, err = rows(v, words); err != nil {
		return err
	}
	return h.take(w, r, p)
}

// look reads the chosen files and shows what is in them.
func (h handlers) look(w http.ResponseWriter, r *http.Request, p chosen, files []policy.File, words *policydoc.Vocabulary) error {
	var wrong problem.Fields
	total := 0
	for _, f := range files {
		total += len(f.Text)
	}
	switch {
	case len(files) == 0:
		wrong.Add("files", "policy_import.problem.none")
	case len(files) > policy.MaxImportFiles:
		wrong.Add("files", "policy_import.problem.many", "Max", policy.MaxImportFiles)
	case total > policy.MaxImportBytes:
		wrong.Add("files", "policy_import.problem.large", "Max", policy.MaxImportBytes>>20)
	}
	if _, err := id.Parse[id.PolicyGroup](p.Group); err != nil {
		wrong.Add("group", "policy.required.group")
	}
	if err := wrong.Err(); err != nil && len(files) == 0 || wrong.Has("files") {
		return h.refuse(w, r, p, err)
	}
	for _, f := range files {
		read := policy.ReadFile(f, words)
		read.Input.ID = id.New[id.Policy]()
		if read.Input.Description == "" {
			read.Input.Description = i18n.T(r.Context(), "policy_import.description", "File", f.Name)
		}
		p.Files = append(p.Files, row{Import: read, Name: read.Input.Name, Description: read.Input.Description, Text: f.Text})
	}
	if err := wrong.Err(); err != nil {
		return h.refuse(w, r, p, err)
	}
	return h.render(w, r, http.StatusOK, p)
}

// take imports what was looked through; all or none.
func (h handlers) take(w http.ResponseWriter, r *http.Request, p chosen) error {
	gid, err := id.Parse[id.PolicyGroup](p.Group)
	if err != nil {
		return h.refuse(w, r, p, problem.Invalid("group", "policy.required.group"))
	}
	var ins []policy.Input
	for _, f := range p.Files {
		in := f.Input
		in.Name, in.Description = f.Name, f.Description
		ins = append(ins, in)
	}
	made, err := h.policies.ImportPolicies(r.Context(), page.Actor(r.Context()), gid, ins)
	var (
		failed   *policy.ImportError
		invalid  *problem.InvalidError
		findings *policy.FindingsError
	)
	switch {
	case err == nil:
		page.Flash(r, "policy_import.flash", "Count", len(made))
		return page.Redirect(w, r, policywords.ListURL(made[0].Kind)+"?sort=-created")
	case errors.As(err, &failed) && errors.As(err, &invalid):
		return h.refuse(w, r, p, named(invalid, failed.Index))
	case errors.As(err, &findings):
		return h.render(w, r, http.StatusUnprocessableEntity, p) // the rows say what is wrong
	default:
		return err
	}
}

// named moves the findings of one input to the fields of its file.
func named(invalid *problem.InvalidError, n int) error {
	out := &problem.InvalidError{}
	for _, f := range invalid.Fields {
		switch f.Name {
		case "name", "description":
			if f.Key == "problem.required" {
				f.Key = "policy.required." + f.Name
			}
			f.Name = field(f.Name, n)
		case "document":
			f.Name = field("name", n)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func (h handlers) refuse(w http.ResponseWriter, r *http.Request, p chosen, err error) error {
	wrong, ok := form.Translate(r.Context(), err)
	if !ok {
		return err
	}
	p.Errors = wrong
	return h.render(w, r, http.StatusUnprocessableEntity, p)
}

// rows are the files that the second page carries along.
func rows(v form.Values, words *policydoc.Vocabulary) ([]row, error) {
	var out []row
	for n := range policy.MaxImportFiles {
		if !v.Has(field("text", n)) {
			break
		}
		text, err := base64.StdEncoding.DecodeString(v.Raw(field("text", n)))
		if err != nil {
			return nil, problem.ErrBadRequest
		}
		read := policy.ReadFile(policy.File{Name: v.Text(field("file", n)), Text: text}, words)
		if read.Input.ID, err = id.Parse[id.Policy](v.Raw(field("id", n))); err != nil {
			return nil, problem.ErrBadRequest
		}
		out = append(out, row{Import: read, Name: v.Text(field("name", n)), Description: v.Text(field("description", n)), Text: text})
	}
	if len(out) == 0 {
		return nil, problem.ErrBadRequest
	}
	return out, nil
}

// takeFiles takes the chosen files out of the form before form.Parse, which
// would refuse the whole form for one that is no text.
func takeFiles(r *http.Request) ([]policy.File, error) {
	if _, err := form.PostedToken(r); err != nil {
		return nil, err
	}
	texts, names := r.PostForm["files"], r.PostForm["files"+form.FileName]
	r.PostForm.Del("files")
	r.PostForm.Del("files" + form.FileName)
	if len(names) == 0 {
		return nil, nil
	}
	if len(texts) != len(names) {
		return nil, problem.ErrBadRequest
	}
	files := make([]policy.File, len(names))
	for i, name := range names {
		files[i] = policy.File{Name: name, Text: []byte(texts[i])}
	}
	return files, nil
}
