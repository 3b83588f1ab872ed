package partneradmin

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/partner"
	"portal/internal/problem"
	"portal/internal/webhook"
	"portal/web/form"
	"portal/web/page"
)

// move is one of the two ways to change an admitted partner's access.
type move struct {
	verb     string
	from, to partner.Status
	tells    webhook.Type
	do       func(*organisation.Service, context.Context, authz.Actor, id.Partner, int, string) error
}

var (
	deactivation = move{"deactivate", partner.Active, partner.Deactivated, webhook.PartnerDeactivated, (*organisation.Service).Deactivate}
	reactivation = move{"reactivate", partner.Deactivated, partner.Active, webhook.PartnerActivated, (*organisation.Service).Reactivate}
	moves        = []move{deactivation, reactivation}
)

// key is a message of the move: "partneradmin.deactivate.title".
func (m move) key(suffix string) string { return "partneradmin." + m.verb + "." + suffix }

// movePage says what a move will do, counted, and asks for the reason.
type movePage struct {
	organisation.Profile
	move
	Impact   organisation.Impact
	Return   organisation.Return
	Webhooks int    // addresses of other systems that are told
	Reason   string // as typed
	Late     string // what happened since the page was opened
	Errors   form.Errors
}

// askMove shows what a move will do. Where it is done already the partner's page
// says how things stand.
func (d Deps) askMove(m move) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := d.partner(r)
		if err != nil {
			return err
		}
		return d.draw(w, r, http.StatusOK, movePage{Profile: p, move: m})
	}
}

// draw counts and shows the page; or, if the partner does not stand where the
// move begins, its own page.
func (d Deps) draw(w http.ResponseWriter, r *http.Request, status int, f movePage) (err error) {
	if f.Status != f.from {
		return page.Redirect(w, r, partnerURL(f.ID))
	}
	ctx := r.Context()
	scope := page.Actor(ctx).Scope()
	if f.Impact, err = d.Organisations.Impact(ctx, scope, f.ID); err != nil {
		return err
	}
	if f.verb == reactivation.verb {
		if f.Return, err = d.Organisations.Return(ctx, scope, f.ID); err != nil {
			return err
		}
	}
	if f.Webhooks, err = d.Webhooks.Receivers(ctx, f.tells); err != nil {
		return err
	}
	return page.Render(w, r, status, askPage(f))
}

// move carries it out on the partner as its page showed it.
func (d Deps) move(m move) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := form.Parse(r, "version", "reason")
		if err != nil {
			return err
		}
		p, err := d.partner(r)
		if err != nil {
			return err
		}
		ctx := r.Context()
		f := movePage{Profile: p, move: m, Reason: v.Text("reason")}
		err = m.do(d.Organisations, ctx, page.Actor(ctx), p.ID, v.Int("version"), f.Reason)
		if err == nil {
			page.Flash(r, m.key("done"), "Name", p.Organisation)
			return page.Redirect(w, r, partnerURL(p.ID))
		}
		var invalid bool
		if f.Errors, invalid = form.Translate(ctx, err); invalid && p.Status == m.from {
			return d.draw(w, r, http.StatusUnprocessableEntity, f)
		}
		if !errors.Is(err, problem.ErrConflict) {
			return err
		}
		return d.tooLate(w, r, f, err)
	}
}

// tooLate shows how things stand now and keeps the reason that was typed
// (security.md CON-1). Where somebody else did the same, there is nothing left to
// decide: the page says who it was.
func (d Deps) tooLate(w http.ResponseWriter, r *http.Request, f movePage, conflict error) (err error) {
	if f.Profile, err = d.partner(r); err != nil {
		return err
	}
	if f.Status != f.from {
		return conflict
	}
	f.Late = page.Meanwhile(r.Context(), conflict)
	return d.draw(w, r, http.StatusConflict, f)
}
