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
	staff, err := pg.All[struct{ Email, Lang, FirstName string }](ctx, tx, `
		select u.email, u.lang, u.first_name from users u
		where u.status = 'active' and u.id is distinct from @but
			and exists (select 1 from user_roles r where r.user_id = u.id and r.role = any(@roles))
		order by u.id`, pg.Args{"but": id.OrNull(but), "roles": roles})
	if err != nil {
		return err
	}
	for _, to := range staff {
		own := maps.Clone(params)
		own["Name"] = to.FirstName
		if err := mail.Enqueue(ctx, tx, mail.Message{Kind: kind, To: to.Email, Lang: to.Lang, Params: own}); err != nil {
			return err
		}
	}
	return nil
}
