package demo

import (
	"context"
	"strings"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
)

// requests are what partners ask for: a grant, one that ends soon and is to be
// extended, requests that wait for an admin or for the partner, and some that
// ended.
func (l *loader) requests(ctx context.Context) {
	leila, claire := l.owner(ctx, "auth@demo.test"), l.owner(ctx, "credential@demo.test")
	withPhoto := strings.Replace(sample(auth, 2), `"fullName"`, `"photo"`, 1)
	store := l.running(ctx, l.input(auth, "Telecom", "In-store verification", "Compare the buyer of a SIM card with the recorded photo.", withPhoto))
	desk := l.running(ctx, l.input(auth, "Telecom", "Help desk", "Verify callers before a number is moved.", sample(auth, 0)))
	file := l.running(ctx, l.input(share, "Banking", "Customer file", "Keep names and dates of birth of customers up to date.", sample(share, 0)))
	l.running(ctx, l.input(auth, "Telecom", "Contract signing", "Fill in a contract with verified data.", sample(auth, 1)))
	code, prepaid := l.policyNamed(ctx, "Sign-in by one-time code"), l.policyNamed(ctx, "Prepaid registration")

	l.grant(ctx, l.ask(ctx, leila, code, "Subscribers sign in to their account pages with the national identity."), 12*30)
	old := l.grant(ctx, l.ask(ctx, leila, desk, "Callers who move their number are verified by a code."), 30)
	l.do(func() error {
		return l.app.Requests.AskExtension(ctx, leila, old, "The help desk goes on; its contract was renewed for two years.")
	})
	first := l.ask(ctx, leila, prepaid, "To register buyers.")
	l.do(func() error {
		return l.app.Requests.Reject(ctx, l.admin, first, 1, "The reason given does not show what the data is needed for.")
	})
	l.ask(ctx, leila, prepaid, "The telecommunications act (article 12) makes us record who buys a prepaid SIM card.")
	dropped := l.ask(ctx, leila, store, "Sent too early.")
	l.do(func() error { return l.app.Requests.Withdraw(ctx, leila, dropped, 1) })
	shop := l.ask(ctx, leila, store, "Shop staff compare the buyer with the photo.")
	l.do(func() error {
		return l.app.Requests.RequestChanges(ctx, l.admin, shop, 1, []policyrequest.FieldLine{
			{Field: policyrequest.NeedField("photo"), Message: "Is the photo stored anywhere after the purchase?"},
		}, "")
	})
	l.ask(ctx, claire, file, "Nos fichiers clients doivent rester exacts pour la lutte contre le blanchiment.")
}

func (l *loader) policyNamed(ctx context.Context, name string) id.Policy {
	if l.err != nil {
		return id.Policy{}
	}
	var pid id.Policy
	pid, l.err = pg.Value[id.Policy](ctx, l.app.DB.Read(), `select id from policies where name = @name`, pg.Args{"name": name})
	return pid
}

// running is a policy in force.
func (l *loader) running(ctx context.Context, in policy.Input) id.Policy {
	pid := l.create(ctx, l.admin, in)
	l.decide(ctx, l.manager, pid, policy.Activate, policy.Seen{})
	return pid
}

// ask sends a request, with a line for each attribute that needs special care.
func (l *loader) ask(ctx context.Context, a authz.Actor, pid id.Policy, reason string) id.PolicyRequest {
	rid := id.New[id.PolicyRequest]()
	l.do(func() error {
		words, err := l.app.Vocabulary.All(ctx)
		if err != nil {
			return err
		}
		offer, err := l.app.Requests.Offer(ctx, a.Partner, pid)
		if err != nil {
			return err
		}
		answers := policyrequest.AnswersFor(policyrequest.Special(words, offer.Kind, offer.Document), func(string) string { return reason })
		return l.app.Requests.Send(ctx, a, policyrequest.Input{ID: rid, Policy: pid, Answers: answers})
	})
	return rid
}

// grant approves a request for some days.
func (l *loader) grant(ctx context.Context, rid id.PolicyRequest, days int) id.PolicyRequest {
	l.do(func() error {
		r, err := l.app.Requests.Request(ctx, l.admin.Scope(), rid)
		if err != nil {
			return err
		}
		return l.app.Requests.Approve(ctx, l.admin, rid, r.Version, policyrequest.Grant{
			EndsOn: l.app.Requests.Today().AddDate(0, 0, days), Shown: r.Number,
		})
	})
	return rid
}
