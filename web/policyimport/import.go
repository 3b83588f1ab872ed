package policyimport

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
)

// chosen is what was chosen, with what the server says about it.
type chosen struct {
	From   policy.Kind // whose list the person came from
	Group  string
	Groups []policy.Group
	Files  []row
	Errors form.Errors
}

// comingFrom is a kind of the address or the form; anything else is Auth.
func comingFrom(text string) policy.Kind {
	if k := policy.Kind(text); k.Valid() {
		return k
	}
	return policydoc.KindAuth
}

// url is the first page again, with what was chosen beside the files.
func (p chosen) url() string {
	return importURL + "?" + url.Values{"kind": {string(p.From)}, "group": {p.Group}}.Encode()
}

// faulty counts the files that cannot be imported as they are.
func (p chosen) faulty() int {
	n := 0
	for _, f := range p.Files {
		if !f.Readable() {
			n++
		}
	}
	return n
}

func (h handlers) choose(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	return h.render(w, r, http.StatusOK, chosen{From: comingFrom(q.Get("kind")), Group: q.Get("group")})
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
	sent, err := receive(r)
	if err != nil {
		return err
	}
	p := chosen{From: comingFrom(sent.Raw("from")), Group: sent.Raw("group")}
	take := len(sent.files) == 0 && sent.Has("import")
	if take {
		if p.Files, err = carriedRows(sent.Values); err != nil {
			return err
		}
	} else {
		if wrong := wrongFiles(sent.files); wrong != nil {
			return h.refuse(w, r, p, wrong)
		}
		p.Files = chosenRows(r, sent.files)
	}
	wrong, err := h.judge(r.Context(), &p)
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return h.refuse(w, r, p, wrong)
	case take:
		return h.take(w, r, p)
	}
	return h.render(w, r, http.StatusOK, p)
}

// judge says what is wrong with the files and beside them, all at once.
func (h handlers) judge(ctx context.Context, p *chosen) (wrong, err error) {
	var f problem.Fields
	gid, err := id.Parse[id.PolicyGroup](p.Group)
	if err != nil {
		f.Add("group", "policy.required.group")
	}
	ins := make([]policy.Import, len(p.Files))
	for n := range p.Files {
		ins[n] = p.Files[n].Import
	}
	if err := h.policies.JudgeImports(ctx, gid, ins); err != nil {
		return nil, err
	}
	for n := range p.Files {
		p.Files[n].Import = ins[n]
		p.Files[n].findings(ctx, &f, n)
	}
	return f.Err(), nil
}

// findings notes what is wrong with the n-th file at its fields, and in the
// summary with the file's name before it.
func (f *row) findings(ctx context.Context, summary *problem.Fields, n int) {
	var own problem.Fields
	note := func(at, key string, args ...any) {
		own.Add(field(at, n), key, args...)
		summary.Add(field(at, n), "policy_import.at", "File", f.BaseName(), "Text", i18n.T(ctx, key, args...))
	}
	switch {
	case f.Trouble != nil:
		note("file", f.Trouble.Key, f.Trouble.Args...)
	case !f.Report.OK():
		note("file", "policy_import.errors", "Count", f.Report.Errors)
	case !f.Input.Kind.Valid():
		note("kind", "policy_import.problem.kind")
	}
	for _, w := range f.Wrong {
		note(w.Name, wordsKey(w), w.Args...)
	}
	f.Errors, _ = form.Translate(ctx, own.Err())
}

// wordsKey is the message at a field of a policy.
func wordsKey(f problem.Field) string {
	if f.Key == "problem.required" {
		return "policy.required." + f.Name
	}
	return f.Key
}

// take imports what was looked through; all or none.
func (h handlers) take(w http.ResponseWriter, r *http.Request, p chosen) error {
	gid, err := id.Parse[id.PolicyGroup](p.Group)
	if err != nil {
		return err
	}
	var ins []policy.Import
	for _, f := range p.Files {
		in := f.Import
		in.Input.Note = i18n.T(r.Context(), "policy_import.note", "File", in.BaseName())
		ins = append(ins, in)
	}
	made, err := h.policies.ImportPolicies(r.Context(), page.Actor(r.Context()), gid, ins)
	if err != nil {
		return h.refused(w, r, p, err)
	}
	h.flash(r, made)
	return page.Redirect(w, r, policywords.ListURL(made[0].Kind)+"?sort=-created")
}

// refused shows what came between looking and taking: a name that somebody else
// took, or another vocabulary.
func (h handlers) refused(w http.ResponseWriter, r *http.Request, p chosen, err error) error {
	var (
		failed   *policy.ImportError
		invalid  *problem.InvalidError
		findings *policy.FindingsError
	)
	if !errors.As(err, &failed) {
		return err
	}
	f := &p.Files[failed.Index]
	var summary problem.Fields
	switch {
	case errors.As(err, &findings):
		f.Report = findings.Report
	case errors.As(err, &invalid):
		f.Wrong = nil
		for _, w := range invalid.Fields {
			if w.Name == "name" || w.Name == "description" {
				f.Wrong = append(f.Wrong, w)
			} else {
				summary.Add(w.Name, w.Key, w.Args...) // the group, mostly
			}
		}
	default:
		return err
	}
	f.findings(r.Context(), &summary, failed.Index)
	return h.refuse(w, r, p, summary.Err())
}

// flash says what was imported. Of two kinds it leads to the list that the
// person does not come to.
func (h handlers) flash(r *http.Request, made []policy.Policy) {
	count := map[policy.Kind]int{}
	for _, p := range made {
		count[p.Kind]++
	}
	alone := ""
	if h.policies.Eyes() == policy.EyesOff {
		alone = "_alone"
	}
	if len(count) == 1 {
		page.Flash(r, "policy_import.flash"+alone, "Count", len(made))
		return
	}
	other := policydoc.KindDataShare
	if made[0].Kind == other {
		other = policydoc.KindAuth
	}
	ctx := r.Context()
	page.FlashLink(r, policywords.ListURL(other)+"?sort=-created", policywords.Word(other, "back"), "policy_import.flash_both"+alone,
		"Auth", i18n.T(ctx, "policy_import.count.auth", "Count", count[policydoc.KindAuth]),
		"Share", i18n.T(ctx, "policy_import.count.datashare", "Count", count[policydoc.KindDataShare]))
}

func (h handlers) refuse(w http.ResponseWriter, r *http.Request, p chosen, err error) error {
	wrong, ok := form.Translate(r.Context(), err)
	if !ok {
		return err
	}
	p.Errors = wrong
	return h.render(w, r, http.StatusUnprocessableEntity, p)
}
