// Package partneradmin is what a Partner Admin does with partners that were
// admitted: decide on changes of their name and address, end their access and
// give it back, and appoint another owner. It decides nothing;
// internal/organisation and internal/account do.
package partneradmin

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/outlook"
	"portal/internal/webhook"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
)

// Deps are the services that these pages ask.
type Deps struct {
	Outlook       *outlook.Service
	Organisations *organisation.Service
	Accounts      *account.Service
	Webhooks      *webhook.Service
	Trail         page.Trail
	Work          page.Trail // whose work a change is that waits
	Others        page.Trail // the same before a decision, if it is a colleague's
}

const (
	partnersURL = "/partners"
	changesURL  = partnersURL + "/changes"
	waitingURL  = changesURL + "?status=" + string(organisation.Pending)
)

func partnerURL(pid id.Partner) string                { return partnersURL + "/" + pid.String() }
func doURL(pid id.Partner, verb string) string        { return partnerURL(pid) + "/" + verb }
func changeURL(cid id.PartnerChange) string           { return changesURL + "/" + cid.String() }
func rulingURL(cid id.PartnerChange, v string) string { return changeURL(cid) + "/" + v }

// Routes are the rows of these pages: deciding on changes and appointing needs
// partner.decide, ending and giving back access partner.deactivate, taking away
// somebody's lost second factor staff.manage.
func Routes(d Deps) []route.Route {
	decide, stop := route.Needs(authz.PartnerDecide), route.Needs(authz.PartnerDeactivate)
	rows := []route.Route{
		route.Get(changesURL, decide, d.changes),
		route.Get(changesURL+".csv", decide, d.changesFile),
		route.Get(changesURL+"/{id}", decide, d.change),
		route.Post(changesURL+"/{id}/approve", decide, d.approve),
		route.Get(changesURL+"/{id}/reject", decide, d.askRejection),
		route.Post(changesURL+"/{id}/reject", decide, d.reject),
		route.Get(partnersURL+"/{id}/appoint", decide, d.askAppointment),
		route.Post(partnersURL+"/{id}/appoint", decide, d.appoint),
	}
	manage := route.Needs(authz.StaffManage)
	rows = append(rows,
		route.Get(partnersURL+"/{id}/reset-second-factor", manage, d.askReset),
		route.Post(partnersURL+"/{id}/reset-second-factor", manage, d.reset))
	for _, m := range moves {
		rows = append(rows,
			route.Get(partnersURL+"/{id}/"+m.verb, stop, d.askMove(m)),
			route.Post(partnersURL+"/{id}/"+m.verb, stop, d.move(m)))
	}
	return rows
}

// partner finds the partner of the address with what it says of itself.
func (d Deps) partner(r *http.Request) (organisation.Profile, error) {
	pid, err := id.Parse[id.Partner](chi.URLParam(r, "id"))
	if err != nil {
		return organisation.Profile{}, err
	}
	return d.Organisations.Profile(r.Context(), page.Actor(r.Context()).Scope(), pid)
}

// everybody is how a partner's people are listed here: all of them on one page.
var everybody = account.PeopleList.Parse(map[string][]string{"size": {"50"}})

func (d Deps) people(ctx context.Context, pid id.Partner) ([]account.Colleague, error) {
	p, err := d.Accounts.People(ctx, page.Actor(ctx).Scope(), pid, everybody)
	return p.Items, err
}

// appointment is the form that makes somebody else the owner.
type appointment struct {
	organisation.Profile
	People []account.Colleague
	To     string // as chosen
	Reason string // as typed
	Late   string // what happened since the page was opened
	Errors form.Errors
}

// candidates are the people who could become the owner.
func candidates(people []account.Colleague) []account.Colleague {
	var out []account.Colleague
	for _, c := range people {
		if c.Status == account.Active && !c.Owner {
			out = append(out, c)
		}
	}
	return out
}

func (d Deps) appointment(r *http.Request) (f appointment, err error) {
	if f.Profile, err = d.partner(r); err != nil {
		return f, err
	}
	f.People, err = d.people(r.Context(), f.ID)
	return f, err
}

func (d Deps) askAppointment(w http.ResponseWriter, r *http.Request) error {
	f, err := d.appointment(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, appointPage(f))
}

func (d Deps) appoint(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "owner", "to", "reason")
	if err != nil {
		return err
	}
	f, err := d.appointment(r)
	if err != nil {
		return err
	}
	f.To, f.Reason = v.Raw("to"), v.Text("reason")
	ctx := r.Context()
	owner, _ := id.Parse[id.User](v.Raw("owner")) // what is no id is nobody's
	to, _ := id.Parse[id.User](f.To)
	if id.IsZero(to) {
		f.Errors, _ = form.Translate(ctx, errNobody)
		return page.Render(w, r, http.StatusUnprocessableEntity, appointPage(f))
	}
	err = d.Accounts.Appoint(ctx, page.Actor(ctx), f.ID, owner, to, f.Reason)
	errs, invalid := form.Translate(ctx, err)
	late := page.Meanwhile(ctx, err)
	switch {
	case err == nil:
		page.Flash(r, "partneradmin.appoint.done", "Name", f.Organisation)
		return page.Redirect(w, r, partnerURL(f.ID))
	case invalid:
		f.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, appointPage(f))
	case late != "":
		f.Late = late
		return page.Render(w, r, http.StatusConflict, appointPage(f))
	}
	return err
}
