// Package home is where everybody starts: the landing page for visitors, and
// for the others a page that says what waits for them. A partner also sees and,
// when it is asked to, changes its own registration here. It decides nothing:
// what is open and what a request waits for is told by internal/partner.
package home

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/internal/policy"
	"portal/internal/webhook"
	"portal/web/page"
	"portal/web/route"
)

// Deps are the services that the home pages ask.
type Deps struct {
	Organisations *organisation.Service
	Contact       string // address that partners may write to; ""
	Partners      *partner.Service
	Policies      *policy.Service
	FailedMails   func(ctx context.Context) (int, error)
	Work          func(ctx context.Context) templ.Component // what the reader took on, for staff
	Outlook       *outlook.Service
	Webhooks      *webhook.Service
}

// The addresses of these pages, and of those that they lead to.
const (
	homeURL         = "/home"
	registrationURL = "/home/registration"
)

// Routes are the rows of the landing page, of /home and of the own
// registration. Sending the registration again needs registration.edit.
func Routes(d Deps) []route.Route {
	own := route.Needs(authz.RegistrationEdit)
	return []route.Route{
		route.Get("/", route.Anyone, d.landing),
		route.Get(homeURL, route.SignedIn, d.home),
		route.Get(registrationURL, own, d.registration),
		route.Post(registrationURL, own, d.send),
	}
}

// landing tells visitors what the portal is for; who is signed in is past that.
func (d Deps) landing(w http.ResponseWriter, r *http.Request) error {
	if page.Actor(r.Context()).SignedIn() {
		return page.Redirect(w, r, homeURL)
	}
	return page.Render(w, r, http.StatusOK, landingPage(page.PublicLinks(r.Context())))
}

// overview is what waits for one person. A part that is not the person's is nil.
type overview struct {
	Actor    authz.Actor
	Standing *partner.Standing
	Stopped  *organisation.Deactivation // why the own partner is deactivated now
	Stops    []organisation.Deactivation
	Contact  string
	Requests *requests
	Policies *policy.WaitingCount
	Reviews  *policy.ReviewCount
	Own      outlook.Own   // of an active partner
	Outlook  *staffOutlook // of a Partner Admin
}

// requests is what waits for a Partner Admin.
type requests struct {
	partner.Counts
	Oldest      []partner.Row
	FailedMails int
}

// shownWaiting is how many of the waiting requests stand on the home page.
const shownWaiting = 5

func (d Deps) home(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), page.Actor(r.Context())
	o := overview{Actor: a, Contact: d.Contact}
	if !id.IsZero(a.Partner) {
		s, err := d.Partners.Standing(ctx, a)
		if err != nil {
			return err
		}
		o.Standing = &s
		if s.Partner.Status == partner.Active {
			if o.Own, err = d.Outlook.Own(ctx, a.Partner, s.Partner.Type); err != nil {
				return err
			}
		}
		if o.Stops, err = d.Organisations.Deactivations(ctx, a.Scope(), a.Partner); err != nil {
			return err
		}
		if len(o.Stops) > 0 && o.Stops[0].EndedAt == nil {
			o.Stopped = &o.Stops[0]
		}
	}
	if a.May(authz.PartnerDecide) {
		waiting, err := d.requests(ctx)
		if err != nil {
			return err
		}
		o.Requests = &waiting
		if o.Outlook, err = d.staffOutlook(ctx, a); err != nil {
			return err
		}
	}
	if a.May(authz.PolicyActivate) {
		n, err := d.Policies.Waiting(ctx, a)
		if err != nil {
			return err
		}
		o.Policies = &n
		reviews, err := d.Policies.ReviewCount(ctx)
		if err != nil {
			return err
		}
		o.Reviews = &reviews
	}
	return page.Render(w, r, http.StatusOK, homePage(o, d.Work(ctx)))
}

func (d Deps) requests(ctx context.Context) (requests, error) {
	var r requests
	var err error
	if r.Counts, err = d.Partners.Counts(ctx); err != nil {
		return r, err
	}
	if r.Pending > 0 {
		if r.Oldest, err = d.Partners.Oldest(ctx, shownWaiting); err != nil {
			return r, err
		}
	}
	r.FailedMails, err = d.FailedMails(ctx)
	return r, err
}

// quiet reports whether nothing at all waits for this member of staff.
func (o overview) quiet() bool {
	return o.Standing == nil && (o.Requests == nil || o.Requests.Pending == 0 && o.Requests.FailedMails == 0) &&
		(o.Policies == nil || o.Policies.Auth+o.Policies.DataShare == 0) &&
		(o.Reviews == nil || o.Reviews.Due+o.Reviews.Emergency == 0) &&
		(o.Outlook == nil || len(o.Outlook.waiting())+len(o.Outlook.ending()) == 0)
}
