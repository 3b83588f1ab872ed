// Package people is where a partner sees who works for it, invites and removes
// colleagues, and hands the partner over. It decides nothing; package account
// does. It never shows a link or a password: those go to their owner by mail.
package people

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/problem"
	"portal/web/confirm"
	"portal/web/export"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

const listURL = "/people"

func showURL(uid id.User) string            { return listURL + "/" + uid.String() }
func doURL(uid id.User, verb string) string { return showURL(uid) + "/" + verb }

type screens struct {
	accounts *account.Service
	trail    page.Trail
}

// Routes are the pages about a partner's people: all of them read, its owner
// manages. Handing over is open to readers, because who did it is one of them
// from then on and may click twice; the service refuses everybody else.
func Routes(accounts *account.Service, trail page.Trail) []route.Route {
	s := &screens{accounts: accounts, trail: trail}
	read, manage := route.Needs(authz.PeopleRead), route.Needs(authz.PeopleManage)
	return []route.Route{
		route.Get(listURL, read, s.list),
		route.Get(listURL+".csv", read, s.file),
		route.Post(listURL, manage, s.invite),
		route.Get(listURL+"/new", manage, s.blank),
		route.Get(listURL+"/{id}", read, s.show),
		route.Post(listURL+"/{id}/invite-again", manage, s.inviteAgain),
		route.Get(listURL+"/{id}/remove", manage, s.askRemoval),
		route.Post(listURL+"/{id}/remove", manage, s.remove),
		route.Get(listURL+"/{id}/hand-over", manage, s.askHandOver),
		route.Post(listURL+"/{id}/hand-over", read, s.handOver),
	}
}

func (s *screens) list(w http.ResponseWriter, r *http.Request) error {
	a := page.Actor(r.Context())
	p, err := s.accounts.People(r.Context(), a.Scope(), a.Partner, account.PeopleList.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the whole list as a file.
func (s *screens) file(w http.ResponseWriter, r *http.Request) error {
	a, q := page.Actor(r.Context()), account.PeopleList.Parse(r.URL.Query())
	return export.Send(w, r, export.File[account.Colleague]{
		Name: "people", Needs: authz.PeopleRead, Rows: s.accounts.PeopleListing(a.Scope(), a.Partner, q),
		Columns: table(r.Context(), list.Page[account.Colleague]{Query: q}).Columns,
	})
}

// invitation is the form for a new person as it stands.
type invitation struct {
	account.ColleagueInput
	Errors form.Errors
	Reason string // why it cannot be sent as things stand
}

func (s *screens) blank(w http.ResponseWriter, r *http.Request) error {
	in := account.ColleagueInput{ID: id.New[id.User](), Lang: i18n.Lang(r.Context())}
	return page.Render(w, r, http.StatusOK, newPage(invitation{ColleagueInput: in}))
}

func (s *screens) invite(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "email", "first_name", "last_name", "lang")
	if err != nil {
		return err
	}
	uid, err := id.Parse[id.User](v.Raw("id"))
	if err != nil {
		return problem.ErrBadRequest // the form itself proposed it
	}
	ctx := r.Context()
	in := invitation{ColleagueInput: account.ColleagueInput{
		ID: uid, Email: v.Text("email"), FirstName: v.Text("first_name"), LastName: v.Text("last_name"), Lang: v.Raw("lang"),
	}}
	err = s.accounts.InviteColleague(ctx, page.Actor(ctx), in.ColleagueInput)
	if err == nil {
		page.Flash(r, "people.invited", "Email", in.Email)
		return page.Redirect(w, r, showURL(uid))
	}
	errs, invalid := form.Translate(ctx, err)
	switch why := page.Meanwhile(ctx, err); {
	case invalid:
		in.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, newPage(in))
	case why != "":
		in.Reason = why
		return page.Render(w, r, http.StatusConflict, newPage(in))
	}
	return err
}

// colleague is the person that the address names.
func (s *screens) colleague(r *http.Request) (account.Colleague, error) {
	uid, err := id.Parse[id.User](chi.URLParam(r, "id"))
	if err != nil {
		return account.Colleague{}, err
	}
	return s.accounts.Colleague(r.Context(), page.Actor(r.Context()).Scope(), uid)
}

func (s *screens) show(w http.ResponseWriter, r *http.Request) error {
	c, err := s.colleague(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(c, s.trail(r.Context(), audit.User, c.ID.String())))
}

func (s *screens) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	c, err := s.colleague(r)
	if err != nil {
		return err
	}
	if err := s.accounts.InviteColleagueAgain(r.Context(), page.Actor(r.Context()), c.ID); err != nil {
		return err
	}
	page.Flash(r, "people.invited", "Email", c.Email)
	return page.Redirect(w, r, showURL(c.ID))
}

// removal is the page before somebody is removed.
type removal struct {
	account.Colleague
	Reason string // what happened since the page was opened
}

func (s *screens) askRemoval(w http.ResponseWriter, r *http.Request) error {
	c, err := s.colleague(r)
	if err != nil {
		return err
	}
	if c.Owner { // the person's page says what comes first
		return page.Redirect(w, r, showURL(c.ID))
	}
	return page.Render(w, r, http.StatusOK, removePage(removal{Colleague: c}))
}

func (s *screens) remove(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	uid, err := id.Parse[id.User](chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	ctx := r.Context()
	a := page.Actor(ctx)
	before, loaded := s.accounts.Colleague(ctx, a.Scope(), uid) // a second click finds nobody
	err = s.accounts.RemoveColleague(ctx, a, uid, v.Int("version"))
	switch {
	case err == nil && loaded == nil:
		page.Flash(r, "people.removed", "Name", before.Name())
		return page.Redirect(w, r, listURL)
	case err == nil:
		return page.Redirect(w, r, listURL)
	case errors.Is(err, problem.ErrConflict) && loaded == nil && !before.Owner:
		return page.Render(w, r, http.StatusConflict, removePage(removal{Colleague: before, Reason: page.Meanwhile(ctx, err)}))
	}
	return err
}

// handing is the page before the partner is handed over.
type handing struct {
	account.Colleague
	Errors form.Errors
}

// ready reports whether somebody could become the owner.
func ready(c account.Colleague) bool { return c.Status == account.Active && !c.Owner }

func (s *screens) askHandOver(w http.ResponseWriter, r *http.Request) error {
	c, err := s.colleague(r)
	if err != nil {
		return err
	}
	if !ready(c) {
		return page.Redirect(w, r, showURL(c.ID))
	}
	return page.Render(w, r, http.StatusOK, handOverPage(handing{Colleague: c}))
}

func (s *screens) handOver(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "current")
	if err != nil {
		return err
	}
	c, err := s.colleague(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = s.accounts.HandOver(ctx, page.Actor(ctx), c.ID, v.Raw("current"))
	if err == nil {
		page.Flash(r, "people.handed_over", "Name", c.Name())
		return page.Redirect(w, r, listURL)
	}
	status, errs, ok := confirm.PasswordRefusal(ctx, w, err)
	if !ok {
		return err
	}
	return page.Render(w, r, status, handOverPage(handing{Colleague: c, Errors: errs}))
}
