package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/organisation"
	"portal/internal/partner"
	"portal/internal/pg"
)

// people are what happens in and to admitted partners: a colleague who joined
// and one who is invited, contacts, a change of name that waits, and a partner
// that was deactivated.
func (l *loader) people(ctx context.Context) {
	owner := l.owner(ctx, "auth@demo.test")
	l.do(func() error {
		return l.app.Accounts.InviteColleague(ctx, owner, account.ColleagueInput{
			ID: id.New[id.User](), Email: "member@demo.test", FirstName: "Tariq", LastName: "Osei", Lang: "en",
		})
	})
	l.do(func() error { return l.takeUp(ctx, "member@demo.test") })
	l.do(func() error {
		return l.app.Accounts.InviteColleague(ctx, owner, account.ColleagueInput{
			ID: id.New[id.User](), Email: "nour@meridian.test", FirstName: "نور", LastName: "الخطيب", Lang: "ar",
		})
	})
	l.do(func() error {
		p, err := l.app.Partners.Partner(ctx, owner.Scope(), owner.Partner)
		if err != nil {
			return err
		}
		return l.app.Organisations.SaveContacts(ctx, owner, p.Version, []organisation.Contact{
			{Kind: "technical", Name: "Network operations", Email: "noc@meridian.test", Phone: "+999 12 345 600"},
			{Kind: "security", Name: "Ines Roth", Email: "security@meridian.test"},
		})
	})
	l.do(func() error {
		return l.app.Organisations.AskName(ctx, owner, "Meridian Mobile Group", "We merged with our fixed-line branch on 1 November; the trade register has the new name.")
	})
	l.partner(ctx, partner.Answers{
		Type: authz.AuthPartner, Organisation: "Nordlicht Telecom", PublicID: "Nordlicht", Email: "closed@demo.test", FirstName: "Jana", LastName: "Vogel",
		Purpose: "Verify customers in our shops.", Lang: "en", Address: "3 Quay Street\nPort City", Phone: "+999 12 345 999",
		PolicyGroupID: l.groups["Telecom"].String(),
	}, func(p partner.Partner) error {
		if err := l.app.Partners.Approve(ctx, l.admin, p.ID, p.Version); err != nil {
			return err
		}
		return l.app.Organisations.Deactivate(ctx, l.admin, p.ID, p.Version+1, "Their licence as an operator ended on 31 October and was not renewed.")
	})
}

// do goes on only while nothing went wrong.
func (l *loader) do(step func() error) {
	if l.err == nil {
		l.err = step()
	}
}

// owner is the person who registered a partner, with the rights they have now.
func (l *loader) owner(ctx context.Context, email string) (a authz.Actor) {
	l.do(func() error {
		u, err := pg.One[struct {
			ID        id.User
			PartnerID id.Partner
			Name      string
			Lang      string
			Type      string
		}](ctx, l.app.DB.Read(), `select u.id, u.partner_id, u.first_name || ' ' || u.last_name as name, u.lang, p.type
			from users u join partners p on p.id = u.partner_id where u.email = @email and u.owner`, pg.Args{"email": email})
		a = authz.Actor{
			User: u.ID, Partner: u.PartnerID, Name: u.Name, Email: email, Lang: u.Lang, RequestID: "demo",
			Roles: []authz.Role{authz.Role(u.Type), authz.PartnerOwner},
		}
		return err
	})
	return a
}

// takeUp chooses Password by the link of an invitation.
func (l *loader) takeUp(ctx context.Context, email string) error {
	c, err := pg.One[struct {
		ID    uuid.UUID
		Sends int
	}](ctx, l.app.DB.Read(), `select id, sends from challenges where email = @email and purpose = 'invite'`, pg.Args{"email": email})
	if err != nil {
		return err
	}
	token := l.app.Codes.LinkToken(string(challenge.Invite), c.ID, c.Sends)
	outcome, err := l.app.Accounts.ResetPassword(ctx, authz.VisitorAt(authz.Actor{}.IP, "demo"), token, Password)
	if err == nil && outcome != challenge.OK {
		err = fmt.Errorf("the invitation of %s is %s", strings.ToLower(email), outcome)
	}
	return err
}
