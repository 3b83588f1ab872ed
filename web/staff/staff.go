// Package staff is where a Partner Admin sees who works at the portal, invites
// people, and says what they may do. It decides nothing; package account does.
// It never shows a link or a password: those go to their owner by mail.
package staff

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/problem"
	"portal/web/export"
	"portal/web/form"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

const listURL = "/staff"

func showURL(uid id.User) string            { return listURL + "/" + uid.String() }
func doURL(uid id.User, verb string) string { return showURL(uid) + "/" + verb }

type screens struct {
	accounts *account.Service
	trail    page.Trail
}

// Routes are the pages about staff, for Partner Admins.
func Routes(accounts *account.Service, trail page.Trail) []route.Route {
	s := &screens{accounts: accounts, trail: trail}
	needs := route.Needs(authz.StaffManage)
	return []route.Route{
		route.Get(listURL, needs, s.list),
		route.Get(listURL+".csv", needs, s.file),
		route.Post(listURL, needs, s.invite),
		route.Get(listURL+"/new", needs, s.blank),
		route.Get(listURL+"/{id}", needs, s.show),
		route.Post(listURL+"/{id}", needs, s.save),
		route.Get(listURL+"/{id}/edit", needs, s.edit),
		route.Get(listURL+"/{id}/deactivate", needs, s.ask),
		route.Post(listURL+"/{id}/deactivate", needs, s.deactivate),
		route.Post(listURL+"/{id}/reactivate", needs, s.reactivate),
		route.Post(listURL+"/{id}/invite-again", needs, s.inviteAgain),
		route.Get(listURL+"/{id}/reset-second-factor", needs, s.askReset),
		route.Post(listURL+"/{id}/reset-second-factor", needs, s.reset),
	}
}

func (s *screens) list(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accounts.StaffList(r.Context(), account.List.Parse(r.URL.Query()))
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, listPage(p))
}

// file is the list for a spreadsheet.
func (s *screens) file(w http.ResponseWriter, r *http.Request) error {
	q := account.List.Parse(r.URL.Query())
	return export.Send(w, r, export.File[account.Member]{
		Name: "staff", Needs: authz.StaffManage, Rows: s.accounts.StaffListing(q),
		Columns: table(r.Context(), list.Page[account.Member]{Query: q}).Columns,
	})
}

// invitation is the form for a new person as it stands.
type invitation struct {
	account.StaffInput
	Errors form.Errors
}

func (s *screens) blank(w http.ResponseWriter, r *http.Request) error {
	in := account.StaffInput{ID: id.New[id.User](), Lang: i18n.Lang(r.Context())}
	return page.Render(w, r, http.StatusOK, newPage(invitation{StaffInput: in}))
}

func (s *screens) invite(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id", "email", "first_name", "last_name", "lang", "roles[]")
	if err != nil {
		return err
	}
	uid, err := id.Parse[id.User](v.Raw("id"))
	if err != nil {
		return problem.ErrBadRequest
	}
	ctx := r.Context()
	in := account.StaffInput{
		ID: uid, Email: v.Text("email"), FirstName: v.Text("first_name"), LastName: v.Text("last_name"),
		Lang: v.Raw("lang"), Roles: roles(v),
	}
	err = s.accounts.Invite(ctx, page.Actor(ctx), in)
	if errs, ok := form.Translate(ctx, err); ok {
		return page.Render(w, r, http.StatusUnprocessableEntity, newPage(invitation{StaffInput: in, Errors: errs}))
	}
	if err != nil {
		return err
	}
	page.Flash(r, "staff.invited", "Email", in.Email)
	return page.Redirect(w, r, showURL(uid))
}

func roles(v form.Values) []authz.Role {
	var out []authz.Role
	for _, r := range v.All("roles") {
		out = append(out, authz.Role(r))
	}
	return out
}

// member is the person that the address names.
func (s *screens) member(r *http.Request) (account.Member, error) {
	uid, err := id.Parse[id.User](chi.URLParam(r, "id"))
	if err != nil {
		return account.Member{}, err
	}
	return s.accounts.StaffMember(r.Context(), uid)
}

func (s *screens) show(w http.ResponseWriter, r *http.Request) error {
	m, err := s.member(r)
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(m, self(r, m), s.trail))
}

// self reports whether the reader looks at their own account, which somebody
// else must change (security.md AUT-6).
func self(r *http.Request, m account.Member) bool { return page.Actor(r.Context()).User == m.ID }

// choice is the form for a person's roles as it stands.
type choice struct {
	account.Member
	Roles   []authz.Role
	Version int
	Changed bool // by somebody else since the form was opened
	Errors  form.Errors
}

func (s *screens) edit(w http.ResponseWriter, r *http.Request) error {
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if self(r, m) { // the page says who can change it
		return page.Redirect(w, r, showURL(m.ID))
	}
	c := choice{Member: m, Version: m.Version}
	for _, role := range m.Roles {
		c.Roles = append(c.Roles, authz.Role(role))
	}
	return page.Render(w, r, http.StatusOK, editPage(c))
}

func (s *screens) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "roles[]", "version")
	if err != nil {
		return err
	}
	m, err := s.member(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	c := choice{Member: m, Roles: roles(v), Version: v.Int("version")}
	err = s.accounts.SetRoles(ctx, page.Actor(ctx), m.ID, c.Version, c.Roles)
	if err == nil {
		page.Flash(r, "staff.roles_changed", "Name", m.Name())
		return page.Redirect(w, r, showURL(m.ID))
	}
	if errs, ok := form.Translate(ctx, err); ok {
		c.Errors = errs
		return page.Render(w, r, http.StatusUnprocessableEntity, editPage(c))
	}
	if !errors.Is(err, problem.ErrConflict) || c.Version == m.Version {
		return err
	}
	c.Version, c.Changed = m.Version, true
	return page.Render(w, r, http.StatusConflict, editPage(c))
}

func (s *screens) ask(w http.ResponseWriter, r *http.Request) error {
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if self(r, m) || m.Status == account.Deactivated {
		return page.Redirect(w, r, showURL(m.ID))
	}
	return page.Render(w, r, http.StatusOK, deactivatePage(m))
}

func (s *screens) deactivate(w http.ResponseWriter, r *http.Request) error {
	return s.move(w, r, s.accounts.Deactivate, "staff.deactivated")
}

func (s *screens) reactivate(w http.ResponseWriter, r *http.Request) error {
	return s.move(w, r, s.accounts.Reactivate, "staff.reactivated")
}

func (s *screens) move(w http.ResponseWriter, r *http.Request,
	do func(context.Context, authz.Actor, id.User, int) error, message string,
) error {
	v, err := form.Parse(r, "version")
	if err != nil {
		return err
	}
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), page.Actor(r.Context()), m.ID, v.Int("version")); err != nil {
		return err
	}
	page.Flash(r, message, "Name", m.Name())
	return page.Redirect(w, r, showURL(m.ID))
}

func (s *screens) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if err := s.accounts.InviteAgain(r.Context(), page.Actor(r.Context()), m.ID); err != nil {
		return err
	}
	page.Flash(r, "staff.invited", "Email", m.Email)
	return page.Redirect(w, r, showURL(m.ID))
}

// askReset is the page before somebody's second factor is taken away. Nobody resets
// their own (security.md MFA-7).
func (s *screens) askReset(w http.ResponseWriter, r *http.Request) error {
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if self(r, m) || !m.SecondFactor {
		return page.Redirect(w, r, showURL(m.ID))
	}
	return page.Render(w, r, http.StatusOK, resetPage(m))
}

func (s *screens) reset(w http.ResponseWriter, r *http.Request) error {
	if _, err := form.Parse(r); err != nil {
		return err
	}
	m, err := s.member(r)
	if err != nil {
		return err
	}
	if err := s.accounts.ResetFactor(r.Context(), page.Actor(r.Context()), m.ID); err != nil {
		return err
	}
	page.Flash(r, "second_factor.reset.done", "Name", m.Name())
	return page.Redirect(w, r, showURL(m.ID))
}
