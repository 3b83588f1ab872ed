package account

import (
	"context"
	"maps"
	"slices"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
)

// TellStaff mails all active staff who hold a permission, in the change that it
// tells of, but not one of them (zero: all). Who has switched the mail's topic
// off is left out. Each mail greets its reader by the param "Name".
func TellStaff(ctx context.Context, tx *pg.Tx, may authz.Permission, kind mail.Kind, but id.User, params map[string]string) error {
	staff, err := StaffReaders(ctx, tx, may)
	if err != nil {
		return err
	}
	staff = slices.DeleteFunc(staff, func(r Reader) bool { return r.ID == but })
	return tell(ctx, tx, staff, kind, params)
}

// TellPartner mails all active people of a partner, in the change that it tells
// of, each in their own language. Who has switched the mail's topic off is left
// out. Each mail greets its reader by the param "Name"; Params["Path"] is the page
// that its link opens.
func TellPartner(ctx context.Context, tx *pg.Tx, partner id.Partner, kind mail.Kind, params map[string]string) error {
	people, err := PartnerReaders(ctx, tx, []id.Partner{partner})
	if err != nil {
		return err
	}
	return tell(ctx, tx, people, kind, params)
}

// TellUser mails one person, unless the account is deactivated or the mail's topic
// switched off. The rest is TellPartner's.
func TellUser(ctx context.Context, tx *pg.Tx, user id.User, kind mail.Kind, params map[string]string) error {
	person, err := readers(ctx, tx, `u.id = @user`, pg.Args{"user": user})
	if err != nil {
		return err
	}
	return tell(ctx, tx, person, kind, params)
}

func tell(ctx context.Context, tx *pg.Tx, people []Reader, kind mail.Kind, params map[string]string) error {
	for _, to := range people {
		if err := to.Tell(ctx, tx, kind, params); err != nil {
			return err
		}
	}
	return nil
}

// Reader is somebody active who may get a mail, and what they do not want. Who was
// invited and has not come yet is none: nobody has proved that address.
type Reader struct {
	ID        id.User
	Partner   id.Partner // zero for staff
	Email     string
	Lang      string
	FirstName string
	Off       []mail.Topic
}

// Wants reports whether a topic reaches this reader: what is essential always
// does.
func (r Reader) Wants(t mail.Topic) bool { return t == mail.Essential || !slices.Contains(r.Off, t) }

// Tell mails this reader, greeting them by the param "Name". It does nothing where
// the mail's topic is switched off.
func (r Reader) Tell(ctx context.Context, tx *pg.Tx, kind mail.Kind, params map[string]string) error {
	if !r.Wants(kind.Topic()) {
		return nil
	}
	own := maps.Clone(params)
	if own == nil {
		own = map[string]string{}
	}
	own["Name"] = r.FirstName
	return mail.Enqueue(ctx, tx, mail.Message{Kind: kind, To: r.Email, User: r.ID, Lang: r.Lang, Params: own})
}

// StaffReaders are the active staff who hold a permission.
func StaffReaders(ctx context.Context, q pg.Querier, may authz.Permission) ([]Reader, error) {
	return readers(ctx, q, `exists (select 1 from user_roles r where r.user_id = u.id and r.role = any(@roles))`, pg.Args{"roles": authz.StaffWith(may)})
}

// PartnerReaders are the active people of these partners.
func PartnerReaders(ctx context.Context, q pg.Querier, partners []id.Partner) ([]Reader, error) {
	return readers(ctx, q, `u.partner_id = any(@partners)`, pg.Args{"partners": partners})
}

func readers(ctx context.Context, q pg.Querier, who string, args pg.Args) ([]Reader, error) {
	return pg.All[Reader](ctx, q, `
		select u.id, u.partner_id as partner, u.email, u.lang, u.first_name,
			coalesce((select array_agg(o.topic) from mail_optouts o where o.user_id = u.id), '{}') as off
		from users u where u.status = 'active' and u.password is not null and `+who+` order by u.id`, args)
}
