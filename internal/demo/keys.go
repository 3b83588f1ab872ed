package demo

import (
	"context"
	"time"

	"portal/internal/apikey"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/serviceaccount"
)

// keys are what partners work with and what other systems ask with: keys in use,
// one in the middle of a rotation, one that ended, and two service accounts. Of
// every token nothing is kept but what the portal keeps.
func (l *loader) keys(ctx context.Context) {
	leila, claire := l.owner(ctx, "auth@demo.test"), l.owner(ctx, "credential@demo.test")
	code, desk := l.grantOf(ctx, leila, "Sign-in by one-time code"), l.grantOf(ctx, leila, "Help desk")
	site := l.key(ctx, leila, code, "Account pages")
	l.use(ctx, site)
	l.key(ctx, leila, code, "Mobile app")
	callers := l.key(ctx, leila, desk, "Call centre")
	l.use(ctx, callers)
	l.do(func() error {
		_, err := l.app.APIKeys.Rotate(ctx, leila, callers.Key.ID, 1, 7)
		return err
	})
	kiosk := l.key(ctx, leila, desk, "Kiosk pilot")
	l.do(func() error {
		return l.app.APIKeys.Deactivate(ctx, l.admin, kiosk.Key.ID, 1, "The key was found in a public repository.")
	})
	print := l.running(ctx, l.input(share, "Banking", "Branch printing", "Print identity cards at the branches of the pilot.", sample(share, 1)))
	l.grant(ctx, l.ask(ctx, claire, print, "Nos agences pilotes impriment les cartes sur place."), 300)
	l.key(ctx, claire, l.grantOf(ctx, claire, "Branch printing"), "Agences pilotes")

	service := l.service(ctx, "Login enforcement", "Decides on every authentication.", authz.KeyVerify, authz.PolicyServe)
	l.do(func() error {
		_, err := l.app.Services.Enter(ctx, serviceaccount.Presented{Token: service.Token.Reveal(), RequestID: "demo"})
		return err
	})
	old := l.service(ctx, "Card bureau", "Replaced by the service above.", authz.PolicyServe)
	l.do(func() error { return l.app.Services.Deactivate(ctx, l.admin, old.Account.ID, 1) })
}

func (l *loader) key(ctx context.Context, a authz.Actor, grant id.PolicyRequest, label string) (made apikey.Made) {
	a.SecondFactor = true // the keys are there as if their makers had one
	l.do(func() (err error) {
		made, err = l.app.APIKeys.Create(ctx, a, apikey.Input{ID: id.New[id.APIKey](), Grant: grant, Label: label})
		return err
	})
	return made
}

// use lets somebody ask whether a key is good.
func (l *loader) use(ctx context.Context, made apikey.Made) {
	l.do(func() error {
		_, err := l.app.APIKeys.Verify(ctx, made.Token.Reveal())
		return err
	})
}

// grantOf is a partner's grant of the policy with this name.
func (l *loader) grantOf(ctx context.Context, a authz.Actor, policy string) (grant id.PolicyRequest) {
	l.do(func() (err error) {
		grant, err = pg.Value[id.PolicyRequest](ctx, l.app.DB.Read(), `
			select r.id from policy_requests r join policies p on p.id = r.policy_id
			where r.partner_id = @partner and r.status = 'approved' and p.name = @policy`, pg.Args{"partner": a.Partner, "policy": policy})
		return err
	})
	return grant
}

func (l *loader) service(ctx context.Context, name, description string, rights ...authz.Permission) (made serviceaccount.Made) {
	l.do(func() (err error) {
		in := serviceaccount.Input{
			ID: id.New[id.ServiceAccount](), Name: name, Description: description,
			EndsOn: l.app.Services.Today().AddDate(0, 0, 300).Format(time.DateOnly),
		}
		for _, r := range rights {
			in.Rights = append(in.Rights, string(r))
		}
		made, err = l.app.Services.Create(ctx, l.admin, in)
		return err
	})
	return made
}
