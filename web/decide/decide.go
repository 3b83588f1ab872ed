// Package decide is what the pages of SBIs, devices and FTM chips have in common:
// the page of each act of approving, giving back, rejecting, withdrawing,
// deactivating and re-activating, the answer to who came too late, and the parts of
// a thing's page that tell how it stands and what was said. The acts themselves are
// the services'; a screen gives them in its Desk. Common words stand under
// "approval.", those of a kind under its name ("sbi.").
package decide

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/web/page"
	"portal/web/route"
)

// Kind is what the pages need to know of a kind of things.
type Kind struct {
	approval.Kind
	URL           string                                                // of the list; a thing stands below it, under its id
	MaySend       authz.Permission                                      // to change and withdraw the own
	MayDeactivate authz.Permission                                      // to end an approved one
	Templates     map[string][]string                                   // by act, the names of reasons to choose from
	Value         func(ctx context.Context, field, value string) string // an answer as people read it; nil: as it is
}

// Thing is one thing as these pages show it. Its names are a person's words.
type Thing struct {
	approval.Item
	Name         string // what it is called among its provider's
	Organisation string
	Lang         string // the provider's: a chosen reason goes out in it
	SubmittedAt  *time.Time
	EndedByName  string
	EndedAt      *time.Time
	EndedReason  string
	approval.Trail
	Obstacles []string // what keeps it from being approved now, in the reader's words
	Warnings  []string // what to look at before approving
}

// Desk is how things of a kind are decided on. The acts are those of its service:
// version is the row version that the page showed, and doing the same twice is no
// error.
type Desk[T id.Kind] struct {
	Kind
	Load   func(ctx context.Context, of T) (Thing, error) // in the reader's scope, else problem.ErrNotFound
	Others func(ctx context.Context, kind audit.Kind, of string) templ.Component
	Beside func(ctx context.Context, of T, act string) (templ.Component, error) // what the page of an act says besides; nil: nothing

	Approve        func(ctx context.Context, a authz.Actor, of T, version int) error
	RequestChanges func(ctx context.Context, a authz.Actor, of T, version int, lines []approval.Line, note string) error
	Reject         func(ctx context.Context, a authz.Actor, of T, version int, reason string) error
	Withdraw       func(ctx context.Context, a authz.Actor, of T, version int) error
	Deactivate     func(ctx context.Context, a authz.Actor, of T, version int, reason string) error
	Reactivate     func(ctx context.Context, a authz.Actor, of T, version int, reason string) error
}

// act is one of the ways on from where a thing stands.
type act string

// The acts. They are the end of their page's address.
const (
	approve        act = "approve"
	requestChanges act = "request-changes"
	reject         act = "reject"
	withdraw       act = "withdraw"
	deactivate     act = "deactivate"
	reactivate     act = "reactivate"
)

var acts = []act{approve, requestChanges, reject, deactivate, reactivate, withdraw}

// needs is the permission that an act takes.
func (k Kind) needs(v act) authz.Permission {
	switch v {
	case withdraw:
		return k.MaySend
	case deactivate:
		return k.MayDeactivate
	default:
		return k.Decide
	}
}

// possible reports whether things of the kind know the act in a state.
func (k Kind) possible(v act, s approval.Status) bool {
	switch v {
	case withdraw:
		return k.Moves.Can(s, approval.Withdrawn)
	case deactivate:
		return k.Moves.Can(s, approval.Deactivated)
	case reactivate:
		return s == approval.Deactivated && k.Moves.Can(s, approval.Approved)
	default:
		return s == approval.PendingApproval
	}
}

// reasoned reports whether an act gives a reason.
func (v act) reasoned() bool { return v == reject || v == deactivate || v == reactivate }

// inputs are those of an act's form.
func (v act) inputs() []string {
	switch {
	case v == requestChanges:
		return []string{"version", "line_*", "template_*", "note"}
	case v.reasoned():
		return []string{"version", "template", "reason"}
	default:
		return []string{"version"}
	}
}

// key is a message of the kind: "sbi.approve.title". Nobody but its provider knows
// of a draft, so there is nothing to withdraw: it is discarded.
func (k Kind) key(v act, t Thing, part string) string {
	if v == withdraw && t.Status == approval.Draft {
		v = "discard"
	}
	return k.word(string(v) + "." + part)
}

func (k Kind) word(suffix string) string { return string(k.Kind.Kind) + "." + suffix }

// PathOf is the page of a thing.
func (k Kind) PathOf(t Thing) string { return k.URL + "/" + t.ID.String() }

func (k Kind) actPath(t Thing, v act) string { return k.PathOf(t) + "/" + string(v) }

// Routes are the pages of the acts: each is shown by GET and carried out by POST at
// the same address, below the thing's.
func (d Desk[T]) Routes() []route.Route {
	var rows []route.Route
	for _, v := range acts {
		access, pattern := route.Needs(d.needs(v)), d.URL+"/{id}/"+string(v)
		rows = append(rows, route.Get(pattern, access, d.ask(v)), route.Post(pattern, access, d.carryOut(v)))
	}
	return rows
}

// load finds the thing of the address, if the reader may see it.
func (d Desk[T]) load(r *http.Request) (T, Thing, error) {
	of, err := id.Parse[T](chi.URLParam(r, "id"))
	if err != nil {
		return of, Thing{}, err
	}
	t, err := d.Load(r.Context(), of)
	return of, t, err
}

// ask shows what an act will do. Where it cannot be done the thing's page says how
// things stand.
func (d Desk[T]) ask(v act) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		of, t, err := d.load(r)
		if err != nil {
			return err
		}
		if !d.possible(v, t.Status) {
			return page.Redirect(w, r, d.PathOf(t))
		}
		return d.draw(w, r, http.StatusOK, of, askView{Kind: d.Kind, Thing: t, act: v})
	}
}

func (d Desk[T]) draw(w http.ResponseWriter, r *http.Request, status int, of T, v askView) error {
	ctx := r.Context()
	v.Others, v.Beside = templ.NopComponent, templ.NopComponent
	if d.Others != nil && page.Actor(ctx).Staff() {
		v.Others = d.Others(ctx, d.Kind.Kind.Kind, v.ID.String())
	}
	if d.Beside != nil {
		beside, err := d.Beside(ctx, of, string(v.act))
		if err != nil {
			return err
		}
		v.Beside = beside
	}
	return page.Render(w, r, status, askPage(v))
}
