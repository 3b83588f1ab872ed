package policy

import (
	"context"
	"strconv"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
)

// tellUsers mails the people of every active partner that has a grant of the policy,
// each with the way to its grant. It reads the table of grants because package
// policyrequest knows this one.
func (r *ruling) tellUsers(ctx context.Context, tx *pg.Tx, kind mail.Kind) error {
	grants, err := pg.All[struct {
		ID        id.PolicyRequest
		PartnerID id.Partner
	}](ctx, tx, `
		select r.id, r.partner_id from policy_requests r join partners p on p.id = r.partner_id
		where r.policy_id = @policy and r.status = 'approved' and r.ends_on >= @today and p.status = 'active'`,
		pg.Args{"policy": r.policy.ID, "today": r.today})
	if err != nil {
		return err
	}
	path, partners := map[id.Partner]string{}, make([]id.Partner, 0, len(grants))
	for _, g := range grants {
		path[g.PartnerID] = "/policy-requests/" + g.ID.String()
		partners = append(partners, g.PartnerID)
	}
	people, err := account.PartnerReaders(ctx, tx, partners)
	if err != nil {
		return err
	}
	params := r.mailParams()
	for _, reader := range people {
		params["Path"] = path[reader.Partner]
		if err := reader.Tell(ctx, tx, kind, params); err != nil {
			return err
		}
	}
	return nil
}

// tellWriters mails who wrote the version or edited it last, unless they decided
// themselves.
func (r *ruling) tellWriters(ctx context.Context, tx *pg.Tx, kind mail.Kind) error {
	params := r.mailParams()
	params["Path"] = "/policies/" + r.policy.ID.String()
	writers := []id.User{r.Subject.AuthorID}
	if r.Subject.LastEditorID != r.Subject.AuthorID {
		writers = append(writers, r.Subject.LastEditorID)
	}
	for _, w := range writers {
		if w == r.actor.User {
			continue
		}
		if err := account.TellUser(ctx, tx, w, kind, params); err != nil {
			return err
		}
	}
	return nil
}

// tellClosed mails who acted in the emergency that somebody has looked at it.
func (r Review) tellClosed(ctx context.Context, tx *pg.Tx, by authz.Actor, note string) error {
	return account.TellUser(ctx, tx, r.OpenedBy, mail.PolicyReviewClosed, map[string]string{
		"Policy": r.PolicyName, "Version": strconv.Itoa(r.Number), "Actor": by.Name, "Reason": note, "Path": "/policy-reviews/" + r.ID.String(),
	})
}
