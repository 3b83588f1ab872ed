package organisation

import (
	"context"
	"slices"
	"strconv"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/email"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/problem"
)

// ProfileInput is what a partner may change about itself without asking. Its
// purpose is what it was admitted for, so it is not among it.
type ProfileInput struct {
	Address string // 1 to partner.MaxAddress characters
	Phone   string // of the owner, up to partner.MaxPhone characters
	Lang    string // "en", "fr", "ar"
}

// check is what the registration says of the same answers.
func (in *ProfileInput) check() error {
	a := partner.Answers{Address: in.Address, Phone: in.Phone, Lang: in.Lang}
	err := a.Check("address", "phone", "lang")
	in.Address, in.Phone = a.Address, a.Phone
	return err
}

// EditProfile changes what the actor's partner says of itself
// (authz.OrganisationEdit). version is the row version that the form showed.
// Sending the same form twice is no error.
//
// Errors: *problem.InvalidError at "address", "phone", "lang";
// *problem.ConflictError when somebody changed it or it was deactivated meanwhile.
func (s *Service) EditProfile(ctx context.Context, a authz.Actor, version int, in ProfileInput) error {
	if err := in.check(); err != nil {
		return s.db.DeniedFirst(ctx, a, authz.OrganisationEdit, err)
	}
	return s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockActive(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		phone, err := pg.Value[string](ctx, tx, `select phone from users where partner_id = @id and owner for update`, pg.Args{"id": p.ID})
		if err != nil {
			return audit.Event{}, err
		}
		detail := audit.Diff(audit.Diff(nil, "address", p.Address, in.Address), "lang", p.Lang, in.Lang)
		if phone != in.Phone {
			detail = append(detail, audit.Change{Field: "phone", Before: ending(phone), After: ending(in.Phone)})
		}
		if len(detail) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		if p.Version != version {
			return audit.Event{}, pg.Stale(ctx, tx, a, audit.Partner, p.ID.String())
		}
		_, err = tx.Exec(ctx, `update partners set address = @address, lang = @lang where id = @id`,
			pg.Args{"id": p.ID, "address": in.Address, "lang": in.Lang})
		if err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `update users set phone = @phone, version = version + 1, updated_at = @now
			where partner_id = @id and owner and phone <> @phone`, pg.Args{"id": p.ID, "phone": in.Phone, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		event := p.event(audit.OrganisationEdited, detail)
		event.Before, event.After = version, version+1
		return event, p.bump(ctx, tx)
	})
}

// ending is what the log says of a phone number (security.md AUD-2).
func ending(phone string) string {
	if len(phone) < 2 {
		return phone
	}
	return "…" + phone[len(phone)-2:]
}

// ContactField is the input of a contact's part: "contact_1_name".
func ContactField(row int, part string) string { return "contact_" + strconv.Itoa(row+1) + "_" + part }

// checkContacts trims the contacts and leaves out rows with nothing in them.
func checkContacts(typed []Contact) ([]Contact, error) {
	var f problem.Fields
	var out []Contact
	for i, c := range typed {
		at := func(part string) string { return ContactField(i, part) }
		if c.blank() {
			continue
		}
		if !slices.Contains(Kinds, c.Kind) {
			f.Add(at("kind"), "problem.choose")
		}
		c.Name = f.Line(at("name"), c.Name, 128, true)
		c.Email = email.Field(&f, at("email"), c.Email).String()
		c.Phone = partner.Phone(&f, at("phone"), c.Phone, false)
		out = append(out, c)
	}
	if len(out) > MaxContacts {
		f.Add(ContactField(len(typed)-1, "name"), "organisation.problem.contacts", "Max", MaxContacts)
	}
	return out, f.Err()
}

// SaveContacts replaces the contacts of the actor's partner
// (authz.OrganisationEdit): rows without any text are left out. Version and
// conflicts are EditProfile's; *problem.InvalidError names ContactField.
func (s *Service) SaveContacts(ctx context.Context, a authz.Actor, version int, typed []Contact) error {
	list, err := checkContacts(typed)
	if err != nil {
		return s.db.DeniedFirst(ctx, a, authz.OrganisationEdit, err)
	}
	return s.db.Change(ctx, a, authz.OrganisationEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockActive(ctx, tx, a.Partner)
		if err != nil {
			return audit.Event{}, err
		}
		before, err := contacts(ctx, tx, p.ID)
		if err != nil {
			return audit.Event{}, err
		}
		if slices.Equal(before, list) {
			return audit.Event{}, pg.ErrNothing
		}
		if p.Version != version {
			return audit.Event{}, pg.Stale(ctx, tx, a, audit.Partner, p.ID.String())
		}
		if _, err := tx.Exec(ctx, `delete from partner_contacts where partner_id = @id`, pg.Args{"id": p.ID}); err != nil {
			return audit.Event{}, err
		}
		for i, c := range list {
			_, err := tx.Exec(ctx, `insert into partner_contacts (partner_id, position, kind, name, email, phone)
				values (@id, @position, @kind, @name, @email, @phone)`,
				pg.Args{"id": p.ID, "position": i + 1, "kind": string(c.Kind), "name": c.Name, "email": c.Email, "phone": c.Phone})
			if err != nil {
				return audit.Event{}, err
			}
		}
		event := p.event(audit.ContactsEdited, contactChanges(before, list))
		event.Before, event.After = version, version+1
		return event, p.bump(ctx, tx)
	})
}

// contactChanges lists who went and who came, by name alone.
func contactChanges(before, after []Contact) []audit.Change {
	var detail []audit.Change
	for _, c := range before {
		if !slices.Contains(after, c) {
			detail = append(detail, audit.Change{Field: "contact", Before: c.Name})
		}
	}
	for _, c := range after {
		if !slices.Contains(before, c) {
			detail = append(detail, audit.Change{Field: "contact", After: c.Name})
		}
	}
	return detail
}
