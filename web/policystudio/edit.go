package policystudio

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

// formPage is the page with what the server says about it.
type formPage struct {
	draft
	sides
	Kind     policy.Kind
	Old      *policy.Full   // what is stored; nil for a new policy
	Copied   *original      // what a new policy starts as a copy of
	NoCopy   bool           // the address wanted a copy, and does not say of what
	Stale    bool           // Old changed after the form was opened
	Reason   string         // who was faster
	Sent     *policy.Policy // what this form, sent before with other words, made already
	Eyes     policy.Eyes
	Groups   []policy.Group
	Words    *policydoc.Vocabulary
	Errors   form.Errors
	Report   *policydoc.Report // of the text; nil if there is none
	Replaced bool              // a sample just took the place of a text
	Gone     bool              // a correction was asked for that the text has no place for any more
}

func (h handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	f := formPage{draft: draft{ID: id.New[id.Policy](), Review: page.Now(r.Context()).AddDate(1, 0, 0).Format(time.DateOnly)}}
	if err := h.copyInto(&f, r); err != nil {
		return err
	}
	return h.open(w, r, f)
}

func (h handlers) editForm(w http.ResponseWriter, r *http.Request) error {
	old, err := h.load(r)
	if err != nil {
		return err
	}
	if old.Status == policy.Discarded { // its page says so
		return page.Redirect(w, r, policywords.URL(old.Kind, old.ID))
	}
	return h.open(w, r, formPage{draft: draftOf(old), Old: &old})
}

// open shows a page that nobody has typed in yet.
func (h handlers) open(w http.ResponseWriter, r *http.Request, f formPage) error {
	var err error
	if f.Words, err = h.words.All(r.Context()); err != nil {
		return err
	}
	f.draw(h.kind, f.Words, &f.draft)
	return h.renderForm(w, r, http.StatusOK, f)
}

func (h handlers) create(w http.ResponseWriter, r *http.Request) error {
	return h.submit(w, r, nil, func(d draft) (policy.Policy, error) {
		return h.policies.CreatePolicy(r.Context(), h.actor(r), d.input(h.kind))
	})
}

func (h handlers) update(w http.ResponseWriter, r *http.Request) error {
	old, err := h.load(r)
	if err != nil {
		return err
	}
	return h.submit(w, r, &old, func(d draft) (policy.Policy, error) {
		return h.policies.EditPolicy(r.Context(), h.actor(r), old.ID, d.Version, d.input(h.kind))
	})
}

// submit does what the pressed button asks: only Save stores anything, the
// others answer with the same page and everything that was typed.
func (h handlers) submit(w http.ResponseWriter, r *http.Request, old *policy.Full, save func(draft) (policy.Policy, error)) error {
	f, pressed, fields, err := h.posted(r, old)
	if err != nil {
		return err
	}
	if done, err := h.lookOnly(w, r, &f, pressed, fields); done {
		return err
	}
	stored, err := save(f.draft)
	switch {
	case err == nil:
		page.Flash(r, savedKey(stored.Status, old == nil), "Name", stored.Name)
		return page.Redirect(w, r, policywords.URL(h.kind, stored.ID))
	case errors.Is(err, problem.ErrConflict) && old != nil:
		return h.stale(w, r, f, err)
	case errors.Is(err, problem.ErrConflict):
		return h.sentBefore(w, r, f, err)
	default:
		return h.refuse(w, r, f, http.StatusUnprocessableEntity, err)
	}
}

// posted is the page as it came, with both sides in step.
func (h handlers) posted(r *http.Request, old *policy.Full) (formPage, press, *problem.Fields, error) {
	d, pressed, fields, err := readDraft(r)
	if err != nil {
		return formPage{}, press{}, nil, err
	}
	if (old == nil) == id.IsZero(d.ID) {
		return formPage{}, press{}, nil, problem.ErrBadRequest // a new policy has a proposed id, an edit has none
	}
	f := formPage{draft: d, Old: old}
	if f.Words, err = h.words.All(r.Context()); err != nil {
		return formPage{}, press{}, nil, err
	}
	if f.sides, err = f.settle(h.kind, f.Words, pressed, fields); err != nil {
		return formPage{}, press{}, nil, err
	}
	f.correct(h.kind, pressed.Fix)
	f.check(fields)
	return f, pressed, fields, nil
}

// lookOnly answers everything that stores nothing; done is false where the page
// can be saved and that is asked for.
func (h handlers) lookOnly(w http.ResponseWriter, r *http.Request, f *formPage, pressed press, fields *problem.Fields) (done bool, err error) {
	switch {
	case pressed.Live: // the script takes any answer's parts, and no other status
		if fields.Has("document") {
			return true, h.refuse(w, r, *f, http.StatusOK, fields.Err())
		}
		return true, h.renderForm(w, r, http.StatusOK, *f)
	case f.Both:
		return true, h.renderForm(w, r, http.StatusUnprocessableEntity, *f)
	case pressed.Sample != "" && !fields.Has("document"):
		if f.draft, err = f.use(h.kind, pressed.Sample); err != nil {
			return true, err
		}
		f.Replaced = f.Previous != ""
	case pressed.Restore && !fields.Has("document"):
		f.draft = f.restore()
	case fields.Err() != nil:
		return true, h.refuse(w, r, *f, http.StatusUnprocessableEntity, fields.Err())
	case pressed.looks():
		return true, h.renderForm(w, r, http.StatusOK, *f)
	default:
		return false, nil
	}
	f.draw(h.kind, f.Words, &f.draft)
	return true, h.renderForm(w, r, http.StatusOK, *f)
}

func savedKey(s policy.Status, created bool) string {
	switch {
	case created:
		return "policy.flash.created"
	case s == policy.Inactive:
		return "policy.flash.edited"
	default:
		return "policy.flash.version"
	}
}

// refuse shows the form again with what is wrong; other errors go on.
func (h handlers) refuse(w http.ResponseWriter, r *http.Request, f formPage, status int, err error) error {
	wrong, ok := form.Translate(r.Context(), sayWhich(err))
	if !ok {
		return err
	}
	f.Errors = wrong
	return h.renderForm(w, r, status, f)
}

// sayWhich lets the messages for empty fields name the field: the summary of
// errors shows them far away from it.
func sayWhich(err error) error {
	var invalid *problem.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	said := &problem.InvalidError{Fields: slices.Clone(invalid.Fields)}
	for i, f := range said.Fields {
		if f.Key == "problem.required" || f.Key == "problem.choose" {
			said.Fields[i].Key = "policy.required." + f.Name
		}
	}
	return said
}

// stale answers a form whose policy changed meanwhile. The same form sent twice
// is no conflict. Otherwise both texts are shown, and saving again, now knowing
// what is there, stores this one on top.
func (h handlers) stale(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	now, err := h.policies.Policy(r.Context(), f.Old.ID, h.kind)
	if err != nil {
		return err
	}
	switch {
	case now.Version == f.Version:
		return conflict // something else is in the way
	case f.says(now):
		page.Flash(r, "policy.flash.already_saved", "Name", now.Name)
		return page.Redirect(w, r, policywords.URL(h.kind, now.ID))
	}
	f.Old, f.Stale, f.Version = &now, true, now.Version
	f.Reason = page.Meanwhile(r.Context(), conflict)
	return h.renderForm(w, r, http.StatusConflict, f)
}

// sentBefore answers a form that made a policy already and came back with other
// words. Sent once more it makes a second policy, now that the person knows.
func (h handlers) sentBefore(w http.ResponseWriter, r *http.Request, f formPage, conflict error) error {
	made, err := h.policies.Policy(r.Context(), f.ID, h.kind)
	if err != nil {
		return conflict // nothing that this person may know of
	}
	f.Sent, f.ID = &made.Policy, id.New[id.Policy]()
	return h.renderForm(w, r, http.StatusConflict, f)
}

// renderForm looks through the text for findings and shows the page.
func (h handlers) renderForm(w http.ResponseWriter, r *http.Request, status int, f formPage) error {
	groups, err := h.policies.ActiveGroups(r.Context())
	if err != nil {
		return err
	}
	if err := h.judge(r.Context(), &f); err != nil {
		return err
	}
	f.Kind, f.Groups, f.Eyes = h.kind, groups, h.policies.Eyes()
	return page.Render(w, r, status, editPage(f))
}

// correct makes the correction that a finding proposes. Where the text has no such
// finding any more, it says so and changes nothing.
func (f *formPage) correct(k policy.Kind, findingID string) {
	if findingID == "" || f.Both {
		return
	}
	around := policydoc.Around{Vocabulary: f.Words}
	fixed, ok := policydoc.ApplyFix(k, []byte(f.Document), around, findingID)
	if f.Gone = !ok; f.Gone {
		return
	}
	f.Document = string(fixed)
	f.draw(k, f.Words, &f.draft)
}

// judge looks through the text beside the other policies of its group. A text
// that cannot be stored has a message of its own.
func (h handlers) judge(ctx context.Context, f *formPage) error {
	if strings.TrimSpace(f.Document) == "" || f.Errors.For("document") != "" {
		return nil
	}
	in := f.input(h.kind)
	pid := id.Policy{}
	if f.Old != nil {
		pid = f.Old.ID
		if id.IsZero(in.GroupID) {
			in.GroupID = f.Old.GroupID
		}
	}
	report, err := h.policies.Judge(ctx, f.Words, h.kind, in.GroupID, pid, f.Document)
	if err != nil {
		return err
	}
	f.Report = &report
	return nil
}

func (f formPage) findings(ctx context.Context) []ui.Finding {
	if f.Report == nil {
		return nil
	}
	return policywords.FixableFindings(ctx, *f.Report)
}

// groupOptions are the active groups, and the present one of an old policy even
// if it is not: saving must not move a policy.
func (f formPage) groupOptions(inactive string) []ui.Option {
	var options []ui.Option
	for _, g := range f.Groups {
		options = append(options, ui.Option{Value: g.ID.String(), Text: g.Name, Selected: g.ID.String() == f.Group})
	}
	if f.Old == nil {
		return options
	}
	mine := f.Old.GroupID.String()
	if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == mine }) {
		options = append(options, ui.Option{Value: mine, Text: inactive, Selected: mine == f.Group})
	}
	return options
}

// asksGroup tells whether the group can still be chosen: until the policy was in
// force for the first time.
func (f formPage) asksGroup() bool {
	return f.Old == nil || f.Old.Status == policy.Inactive || f.Errors.For("group") != ""
}

// action is the address that the form is sent to.
func (f formPage) action() string {
	if f.Old == nil {
		return policywords.ListURL(f.Kind)
	}
	return policywords.URL(f.Kind, f.Old.ID)
}

// back is where the form was opened from.
func (f formPage) back(list, object string) *ui.Link {
	if f.Old == nil {
		return &ui.Link{Href: policywords.ListURL(f.Kind), Text: list}
	}
	return &ui.Link{Href: f.action(), Text: object}
}
