// Package organisation is an admitted partner's own page: what it says of
// itself, whom to ask, and the changes that a Partner Admin decides. It decides
// nothing; internal/organisation does.
package organisation

import (
	"context"
	"errors"
	"net/http"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/problem"
	"portal/web/form"
	"portal/web/page"
	"portal/web/route"
)

const (
	showURL     = "/organisation"
	editURL     = showURL + "/edit"
	contactsURL = showURL + "/contacts"
	nameURL     = showURL + "/name"
	emailURL    = showURL + "/email"
	codeURL     = emailURL + "/code"
	resendURL   = emailURL + "/resend"
	withdrawURL = showURL + "/withdraw"
)

type handlers struct {
	organisations *organisation.Service
	trail         page.Trail
}

// Routes are the rows of the own organisation: its people read, its owner edits.
func Routes(s *organisation.Service, trail page.Trail) []route.Route {
	h := handlers{s, trail}
	read, edit := route.Needs(authz.PeopleRead), route.Needs(authz.OrganisationEdit)
	return []route.Route{
		route.Get(showURL, read, h.show),
		route.Post(showURL, edit, h.save),
		route.Get(editURL, edit, h.edit),
		route.Get(contactsURL, edit, h.contacts),
		route.Post(contactsURL, edit, h.saveContacts),
		route.Get(nameURL, edit, h.name),
		route.Post(nameURL, edit, h.askName),
		route.Get(emailURL, edit, h.email),
		route.Post(emailURL, edit, h.askEmail),
		route.Post(codeURL, edit, h.prove),
		route.Post(resendURL, edit, h.resend),
		route.Post(withdrawURL, edit, h.withdraw),
	}
}

// own is the reader's organisation.
func (h handlers) own(ctx context.Context) (organisation.Profile, error) {
	a := page.Actor(ctx)
	return h.organisations.Profile(ctx, a.Scope(), a.Partner)
}

func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, showPage(p, h.trail(r.Context(), audit.Partner, p.ID.String())))
}

// stale is what a form that came too late shows: who was faster, and what
// stands there now. The zero value is nothing.
type stale struct {
	Reason string
	Now    organisation.Profile
}

// profileForm is the form of what needs no decision.
type profileForm struct {
	organisation.ProfileInput
	Version int
	Stale   stale
	Errors  form.Errors
}

func (h handlers) edit(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r.Context())
	if err != nil {
		return err
	}
	in := organisation.ProfileInput{Address: p.Address, Phone: p.Phone, Lang: p.Lang}
	return page.Render(w, r, http.StatusOK, editPage(profileForm{ProfileInput: in, Version: p.Version}))
}

func (h handlers) save(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "address", "phone", "lang")
	if err != nil {
		return err
	}
	f := profileForm{
		ProfileInput: organisation.ProfileInput{Address: v.Text("address"), Phone: v.Text("phone"), Lang: v.Raw("lang")},
		Version:      v.Int("version"),
	}
	ctx := r.Context()
	err = h.organisations.EditProfile(ctx, page.Actor(ctx), f.Version, f.ProfileInput)
	status := h.refused(ctx, err, &f.Version, &f.Stale, &f.Errors)
	switch {
	case err == nil:
		page.Flash(r, "organisation.saved")
		return page.Redirect(w, r, showURL)
	case status == 0:
		return err
	}
	return page.Render(w, r, status, editPage(f))
}

// refused fills in why a form was refused, and gives the status of the page that
// shows it again: 0 if the error is another one. Sent once more, now knowing what
// is there, a stale form is stored on top (security.md CON-1).
func (h handlers) refused(ctx context.Context, err error, version *int, old *stale, errs *form.Errors) int {
	var ok bool
	if *errs, ok = form.Translate(ctx, err); ok {
		return http.StatusUnprocessableEntity
	}
	if !errors.Is(err, problem.ErrConflict) {
		return 0
	}
	now, failed := h.own(ctx)
	if failed != nil {
		return 0
	}
	*old, *version = stale{Reason: page.Meanwhile(ctx, err), Now: now}, now.Version
	return http.StatusConflict
}

// contactsForm is the list of contacts as it was typed.
type contactsForm struct {
	Rows    []organisation.Contact
	Version int
	Stale   stale
	Errors  form.Errors
}

// blankRows is how many empty rows the form has for new contacts.
const blankRows = 2

// padded adds the empty rows.
func padded(rows []organisation.Contact) []organisation.Contact {
	for range min(blankRows, organisation.MaxContacts-len(rows)) {
		rows = append(rows, organisation.Contact{})
	}
	return rows
}

func (h handlers) contacts(w http.ResponseWriter, r *http.Request) error {
	p, err := h.own(r.Context())
	if err != nil {
		return err
	}
	return page.Render(w, r, http.StatusOK, contactsPage(contactsForm{Rows: padded(p.Contacts), Version: p.Version}))
}

func (h handlers) saveContacts(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "version", "contact_*")
	if err != nil {
		return err
	}
	f := contactsForm{Version: v.Int("version")}
	for i := range organisation.MaxContacts {
		at := func(part string) string { return v.Text(organisation.ContactField(i, part)) }
		if v.Has(organisation.ContactField(i, "name")) {
			f.Rows = append(f.Rows, organisation.Contact{Kind: organisation.Kind(at("kind")), Name: at("name"), Email: at("email"), Phone: at("phone")})
		}
	}
	ctx := r.Context()
	err = h.organisations.SaveContacts(ctx, page.Actor(ctx), f.Version, f.Rows)
	status := h.refused(ctx, err, &f.Version, &f.Stale, &f.Errors)
	switch {
	case err == nil:
		page.Flash(r, "organisation.contacts.saved")
		return page.Redirect(w, r, showURL)
	case status == 0:
		return err
	}
	return page.Render(w, r, status, contactsPage(f))
}

func (h handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := form.Parse(r, "id")
	if err != nil {
		return err
	}
	cid, err := id.Parse[id.PartnerChange](v.Raw("id"))
	if err != nil {
		return problem.ErrBadRequest // the form itself wrote it
	}
	if err := h.organisations.Withdraw(r.Context(), page.Actor(r.Context()), cid); err != nil {
		return err
	}
	page.Flash(r, "organisation.withdrawn")
	return page.Redirect(w, r, showURL)
}
