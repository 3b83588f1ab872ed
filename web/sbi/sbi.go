// Package sbi is the screens of SBIs, the software of providers' devices. A provider
// registers a version, keeps it as a draft, checks and sends it, changes it while
// nobody has decided, and ends it. A Partner Admin has the queue, one SBI with
// everything that a decision weighs, and the decisions. It decides nothing:
// internal/sbi does, and internal/device where devices go along.
package sbi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	sbis    *sbi.Service
	devices *device.Service
	trail   page.Trail
	work    page.Trail // whose work the SBI is
}

// kind is what the pages of acts need to know of SBIs.
var kind = decide.Kind{
	Kind: sbi.Things, URL: listURL, MaySend: authz.SBISend, MayDeactivate: authz.SBIDeactivate,
	Templates: map[string][]string{
		"request-changes": {"hash", "days"},
		"reject":          {"superseded", "certificate", "tests"},
		"deactivate":      {"flaw", "superseded", "unused"},
		"reactivate":      {"mistake", "settled"},
	},
	Value: shown,
}

// shown is an answer as people read it.
func shown(ctx context.Context, field, value string) string {
	if field != sbi.FieldCreatedOn && field != sbi.FieldExpiresOn {
		return value
	}
	on, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return value
	}
	return i18n.Day(ctx, on)
}

// Routes are the rows of these pages. Reading needs sbi.read, what a provider does
// sbi.send, what an admin decides sbi.decide, to end one sbi.deactivate. work says on
// an SBI's page whose work it is, others on the page of an act that it is a
// colleague's.
func Routes(sbis *sbi.Service, devices *device.Service, trail, work, others page.Trail) []route.Route {
	h := handlers{sbis, devices, trail, work}
	read, send := route.Needs(authz.SBIRead), route.Needs(authz.SBISend)
	rows := []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(listURL+"/new", send, h.newForm),
		route.Post(listURL, send, h.create),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", send, h.editForm),
		route.Post(listURL+"/{id}", send, h.edit),
		route.Get(listURL+"/{id}/send", send, h.check),
		route.Post(listURL+"/{id}/send", send, h.send),
	}
	desk := decide.Desk[id.SBI]{
		Kind: kind, Load: h.thing, Others: others, Beside: h.beside,
		Approve: sbis.Approve, RequestChanges: sbis.RequestChanges, Reject: sbis.Reject, Withdraw: sbis.Withdraw,
		Deactivate: devices.DeactivateSBI, Reactivate: devices.ReactivateSBI,
	}
	return append(rows, desk.Routes()...)
}

// The addresses (design README, "Addresses").
const (
	listURL  = "/sbis"
	queueURL = listURL + "?sort=waiting&status=" + string(approval.PendingApproval)
)

func showURL(sid id.SBI) string { return listURL + "/" + sid.String() }

func newFromURL(sid id.SBI) string { return listURL + "/new?from=" + sid.String() }

// load finds the SBI of the address, if the reader may see it.
func (h handlers) load(r *http.Request) (sbi.Standing, error) {
	sid, err := id.Parse[id.SBI](chi.URLParam(r, "id"))
	if err != nil {
		return sbi.Standing{}, err
	}
	return h.sbis.Standing(r.Context(), page.Actor(r.Context()).Scope(), sid)
}

// thing is an SBI as the pages of acts show it, with what an approver should know.
func (h handlers) thing(ctx context.Context, sid id.SBI) (decide.Thing, error) {
	scope := page.Actor(ctx).Scope()
	if scope.All {
		review, err := h.sbis.Review(ctx, scope, sid)
		if err != nil {
			return decide.Thing{}, err
		}
		return thingOf(ctx, review, h.sbis.Today()), nil
	}
	st, err := h.sbis.Standing(ctx, scope, sid)
	return plain(st), err
}

// plain is an SBI without what only an approver sees.
func plain(st sbi.Standing) decide.Thing {
	return decide.Thing{
		Item: st.Item(), Name: st.SBIVersion, Organisation: st.Organisation, Lang: st.PartnerLang,
		SubmittedAt: st.SubmittedAt, EndedByName: st.EndedByName, EndedAt: st.EndedAt, EndedReason: st.EndedReason, Trail: st.Trail,
	}
}

func thingOf(ctx context.Context, r sbi.Review, today time.Time) decide.Thing {
	t := plain(r.Standing)
	if r.Status != approval.PendingApproval && r.Status != approval.Deactivated {
		return t
	}
	if r.PartnerStatus != "active" {
		t.Obstacles = append(t.Obstacles, i18n.T(ctx, "sbi.obstacle.partner", "Organisation", r.Organisation))
	}
	if r.Expired(today) {
		t.Obstacles = append(t.Obstacles, i18n.T(ctx, "sbi.obstacle.expired", "Day", i18n.Day(ctx, r.ExpiresOn)))
	}
	for _, w := range r.Warnings {
		t.Warnings = append(t.Warnings, i18n.T(ctx, "sbi.warn."+string(w), "Day", i18n.Day(ctx, r.ExpiresOn)))
	}
	return t
}

// missing reports whether an error is that there is no such thing for the reader.
func missing(err error) bool { return errors.Is(err, problem.ErrNotFound) }
