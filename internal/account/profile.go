package account

import (
	"context"
	"regexp"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Profile is what an account's own page shows.
type Profile struct {
	ID           id.User
	Email        string
	FirstName    string
	LastName     string
	Phone        string
	Lang         string
	Shortcuts    bool // keys of the keyboard act at once
	Roles        []authz.Role
	Partner      id.Partner // zero for staff
	Organisation string     // of the partner
	LastSignInAt time.Time  // of this session
	CreatedAt    time.Time
	Version      int
}

// ProfileInput is what people may change about themselves.
type ProfileInput struct {
	FirstName string // 1 to MaxName characters
	LastName  string // 1 to MaxName characters
	Phone     string // up to MaxPhone characters; staff may leave it empty
	Lang      string // "en", "fr", "ar"
	Shortcuts bool   // keys of the keyboard act at once (WCAG 2.1.4)
}

var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{4,14}$`)

// check trims the input and reports what is wrong with it.
func (in *ProfileInput) check(phoneRequired bool) error {
	var f problem.Fields
	in.FirstName = f.Line("first_name", in.FirstName, MaxName, true)
	in.LastName = f.Line("last_name", in.LastName, MaxName, true)
	in.Phone = f.Line("phone", in.Phone, MaxPhone, phoneRequired)
	if in.Phone != "" && !phonePattern.MatchString(in.Phone) {
		f.Add("phone", "account.problem.phone")
	}
	if !spoken(in.Lang) {
		f.Add("lang", "problem.choose")
	}
	return f.Err()
}

// spoken reports whether the portal writes in a language (users_lang_check).
func spoken(lang string) bool { return lang == "en" || lang == "fr" || lang == "ar" }

// Profile is the actor's own account.
func (s *Service) Profile(ctx context.Context, a authz.Actor) (Profile, error) {
	p, err := byID(ctx, s.db.Read(), a.User)
	if err != nil {
		return Profile{}, err
	}
	out := Profile{
		ID: p.ID, Email: p.Email, FirstName: p.FirstName, LastName: p.LastName, Phone: p.Phone, Lang: p.Lang, Shortcuts: p.Shortcuts, Roles: p.roles(),
		Partner: p.PartnerID, Organisation: p.Organisation, CreatedAt: p.CreatedAt, Version: p.Version,
	}
	if p.LastSignInAt != nil {
		out.LastSignInAt = *p.LastSignInAt
	}
	return out, nil
}

// EditProfile changes the actor's own account (authz.AccountEdit). version is
// the row version that the form showed. Errors: *problem.InvalidError,
// problem.ErrConflict when it changed meanwhile. Sending the same change twice
// is no error.
func (s *Service) EditProfile(ctx context.Context, a authz.Actor, version int, in ProfileInput) error {
	if err := in.check(!id.IsZero(a.Partner)); err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockByID(ctx, tx, a.User)
		if err != nil {
			return audit.Event{}, err
		}
		detail := changes(p, in)
		if len(detail) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		err = pg.Exec1(ctx, tx, `
			update users set first_name = @first, last_name = @last, phone = @phone, lang = @lang, shortcuts = @shortcuts, version = version + 1, updated_at = @now
			where id = @id and version = @version`,
			pg.Args{
				"id": p.ID, "version": version, "first": in.FirstName, "last": in.LastName, "phone": in.Phone, "lang": in.Lang,
				"shortcuts": in.Shortcuts, "now": tx.Now(),
			})
		event := p.event(audit.ProfileChanged, detail)
		event.Before, event.After = version, version+1
		return event, err
	})
}

// changes lists what differs. A phone number is personal: the log says that it
// changed, and how it ended (security.md AUD-2).
func changes(p person, in ProfileInput) []audit.Change {
	detail := audit.Diff(nil, "first_name", p.FirstName, in.FirstName)
	detail = audit.Diff(detail, "last_name", p.LastName, in.LastName)
	if p.Phone != in.Phone {
		detail = append(detail, audit.Change{Field: "phone", Before: ending(p.Phone), After: ending(in.Phone)})
	}
	detail = audit.Diff(detail, "shortcuts", onOff(p.Shortcuts), onOff(in.Shortcuts))
	return audit.Diff(detail, "lang", p.Lang, in.Lang)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func ending(phone string) string {
	if len(phone) < 2 {
		return phone
	}
	return "…" + phone[len(phone)-2:]
}

// SetLanguage changes the language of the actor's pages and mails
// (authz.AccountEdit). An unknown one is a *problem.InvalidError at "lang".
func (s *Service) SetLanguage(ctx context.Context, a authz.Actor, lang string) error {
	if !spoken(lang) {
		return problem.Invalid("lang", "problem.choose")
	}
	return s.db.Change(ctx, a, authz.AccountEdit, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockByID(ctx, tx, a.User)
		if err != nil {
			return audit.Event{}, err
		}
		if p.Lang == lang {
			return audit.Event{}, pg.ErrNothing
		}
		event := p.event(audit.ProfileChanged, audit.Diff(nil, "lang", p.Lang, lang))
		event.Before, event.After = p.Version, p.Version+1
		return event, pg.Exec1(ctx, tx, `update users set lang = @lang, version = version + 1, updated_at = @now where id = @id`,
			pg.Args{"id": p.ID, "lang": lang, "now": tx.Now()})
	})
}
