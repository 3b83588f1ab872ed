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
// tells of, but not one of them (zero: all). Each mail greets its reader by the
// param "Name".
func TellStaff(ctx context.Context, tx *pg.Tx, may authz.Permission, kind mail.Kind, but id.User, params map[string]string) error {
	var roles []string
	for _, r := range authz.StaffRoles {
		if slices.Contains(authz.Matrix[r], may) {
			roles = append(roles, string(r))
		}
	}
	staff, err := pg.All[reader](ctx, tx, `
		select u.email, u.lang, u.first_name from users u
		where u.status = 'active' and u.id is distinct from @but
			and exists (select 1 from user_roles r where r.user_id = u.id and r.role = any(@roles))
		order by u.id`, pg.Args{"but": id.OrNull(but), "roles": roles})
	if err != nil {
		return err
	}
	return tell(ctx, tx, staff, kind, params)
}

// TellPartner mails all active people of a partner, in the change that it tells
// of, each in their own language. Each mail greets its reader by the param
// "Name"; Params["Path"] is the page that its link opens.
func TellPartner(ctx context.Context, tx *pg.Tx, partner id.Partner, kind mail.Kind, params map[string]string) error {
	people, err := pg.All[reader](ctx, tx, `
		select email, lang, first_name from users where partner_id = @partner and status = 'active' order by id`,
		pg.Args{"partner": partner})
	if err != nil {
		return err
	}
	return tell(ctx, tx, people, kind, params)
}

// TellUser mails one person, unless the account is deactivated. The rest is
// TellPartner's.
func TellUser(ctx context.Context, tx *pg.Tx, user id.User, kind mail.Kind, params map[string]string) error {
	person, err := pg.All[reader](ctx, tx, `
		select email, lang, first_name from users where id = @user and status = 'active'`, pg.Args{"user": user})
	if err != nil {
		return err
	}
	return tell(ctx, tx, person, kind, params)
}

// reader is somebody who gets a mail.
type reader struct{ Email, Lang, FirstName string }

func tell(ctx context.Context, tx *pg.Tx, people []reader, kind mail.Kind, params map[string]string) error {
	for _, to := range people {
		own := maps.Clone(params)
		if own == nil {
			own = map[string]string{}
		}
		own["Name"] = to.FirstName
		if err := mail.Enqueue(ctx, tx, mail.Message{Kind: kind, To: to.Email, Lang: to.Lang, Params: own}); err != nil {
			return err
		}
	}
	return nil
}
