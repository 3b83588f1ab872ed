package demo

import (
	"context"
	"fmt"
	"strings"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
)

// unfinished is a draft with findings, to see what they look like.
const unfinished = `{
  "authTokenType": "partner",
  "allowedAuthTypes": [
    { "authType": "otp", "mandatory": "yes" }
  ],
  "allowedKycAttributs": []
}
`

func sample(kind policydoc.Kind, n int) string { return string(policydoc.Samples(kind)[n].Document) }

const (
	auth  = policydoc.KindAuth
	share = policydoc.KindDataShare
)

// policies are one of each sort that a person can meet.
func (l *loader) policies(ctx context.Context) {
	l.plainPolicies(ctx)
	l.knowYourCustomer(ctx)
	l.prepaid(ctx)
	l.disasterRelief(ctx)
	in := l.input(share, "Telecom", "Subscriber register", "Keep subscribers’ names and dates of birth up to date.", sample(share, 0))
	in.ReviewOn = l.app.DB.Now().AddDate(0, 0, 30) // soon enough to be announced
	register := l.create(ctx, l.admin, in)
	l.decide(ctx, l.manager, register, policy.Activate, policy.Seen{})
	loyalty := l.create(ctx, l.manager, l.input(share, "Banking", "Loyalty cards", "Dropped before anybody used it.", sample(share, 0)))
	if l.err == nil {
		_, l.err = l.app.Policies.DiscardVersion(ctx, l.manager, loyalty, 1)
	}
}

func (l *loader) plainPolicies(ctx context.Context) {
	code := l.create(ctx, l.admin, l.input(auth, "Telecom", "Sign-in by one-time code", "Verify subscribers by a code sent to their phone.", sample(auth, 0)))
	l.decide(ctx, l.manager, code, policy.Activate, policy.Seen{})
	l.create(ctx, l.admin, l.input(auth, "Banking", "Single sign-on", "Sign in to online banking with the national identity.", sample(auth, 2)))
	l.create(ctx, l.admin, l.input(auth, "Insurance", "Claims desk", "Verify claimants at the counter.", unfinished))
	pilot := l.create(ctx, l.admin, l.input(auth, "Telecom", "SIM swap pilot", "The pilot ended in spring.", sample(auth, 0)))
	l.decide(ctx, l.manager, pilot, policy.Activate, policy.Seen{})
	l.decide(ctx, l.manager, pilot, policy.Deactivate, policy.Seen{})
	l.create(ctx, l.admin, l.input(share, "Banking", "Card printing", "Print identity cards at the branches.", sample(share, 1)))
}

// knowYourCustomer has three versions; the one that waits gives partners more.
func (l *loader) knowYourCustomer(ctx context.Context) {
	in := l.input(auth, "Banking", "Know your customer", "Open accounts with verified personal data.", sample(auth, 1))
	in.Note = "Agreed with the central bank."
	pid := l.create(ctx, l.admin, in)
	l.decide(ctx, l.manager, pid, policy.Activate, policy.Seen{})
	fewer := without(sample(auth, 1), "addressLine1", "city")
	l.save(ctx, l.manager, pid, fewer, "Banks have the address from their own files.")
	l.decide(ctx, l.admin, pid, policy.Activate, policy.Seen{})
	l.save(ctx, l.admin, pid, with(fewer, "email"), "Banks asked to send account statements by e-mail.")
}

// prepaid went back to what it was: the old text waits as a new version.
func (l *loader) prepaid(ctx context.Context) {
	pid := l.create(ctx, l.admin, l.input(auth, "Telecom", "Prepaid registration", "Register the buyers of prepaid SIM cards.", sample(auth, 2)))
	l.decide(ctx, l.manager, pid, policy.Activate, policy.Seen{})
	l.save(ctx, l.admin, pid, with(sample(auth, 2), "phone"), "Shops are to call back before a card is sold.")
	l.decide(ctx, l.manager, pid, policy.Activate, policy.Seen{})
	l.restore(ctx, l.manager, pid, 1)
}

// disasterRelief came into force in an emergency; its review is open.
func (l *loader) disasterRelief(ctx context.Context) {
	pid := l.create(ctx, l.admin, l.input(auth, "Insurance", "Disaster relief", "Verify claimants after the flood.", sample(auth, 0)))
	l.decide(ctx, l.admin, pid, policy.Activate, policy.Seen{
		Emergency: true, Reason: "The flood of this night: insurers must verify claimants now, and no colleague can be reached.",
	})
}

func (l *loader) input(kind policydoc.Kind, group, name, description, document string) policy.Input {
	return policy.Input{Kind: kind, GroupID: l.groups[group], Name: name, Description: description, Document: document}
}

func (l *loader) create(ctx context.Context, a authz.Actor, in policy.Input) id.Policy {
	if l.err != nil {
		return id.Policy{}
	}
	var p policy.Policy
	p, l.err = l.app.Policies.CreatePolicy(ctx, a, in)
	return p.ID
}

// save stores another text of an Auth policy.
func (l *loader) save(ctx context.Context, a authz.Actor, pid id.Policy, document, note string) {
	if l.err != nil {
		return
	}
	var p policy.Full
	if p, l.err = l.app.Policies.Policy(ctx, pid, auth); l.err != nil {
		return
	}
	_, l.err = l.app.Policies.EditPolicy(ctx, a, pid, p.Version, policy.Input{
		Kind: p.Kind, Name: p.Name, Description: p.Description, Document: document, Note: note,
	})
}

// look draws what an action would do, as its page does.
func (l *loader) look(ctx context.Context, a authz.Actor, pid id.Policy, action policy.Action, number int, saw *policy.Seen) {
	if l.err != nil {
		return
	}
	var picture policy.Picture
	picture, l.err = l.app.Policies.Picture(ctx, a, pid, action, number)
	saw.Version, saw.Picture = picture.Row, picture.Fingerprint()
}

// decide looks at a decision and takes it.
func (l *loader) decide(ctx context.Context, a authz.Actor, pid id.Policy, action policy.Action, saw policy.Seen) {
	if l.look(ctx, a, pid, action, 0, &saw); l.err != nil {
		return
	}
	switch action {
	case policy.Activate:
		l.err = l.app.Policies.ActivatePolicy(ctx, a, pid, saw)
	case policy.Deactivate:
		l.err = l.app.Policies.DeactivatePolicy(ctx, a, pid, saw)
	case policy.Reactivate, policy.Restore:
		l.err = fmt.Errorf("the demonstration does not %s", action)
	}
}

func (l *loader) restore(ctx context.Context, a authz.Actor, pid id.Policy, number int) {
	var saw policy.Seen
	if l.look(ctx, a, pid, policy.Restore, number, &saw); l.err == nil {
		_, l.err = l.app.Policies.RestoreVersion(ctx, a, pid, number, saw)
	}
}

// entry is an attribute as the samples write it.
func entry(name string) string { return "    {\n      \"attributeName\": \"" + name + "\"\n    },\n" }

// without is a sample without some of its attributes, of which none is the last.
func without(document string, names ...string) string {
	for _, name := range names {
		document = strings.Replace(document, entry(name), "", 1)
	}
	return document
}

// with is a sample with one attribute more.
func with(document, name string) string {
	const list = "\"allowedKycAttributes\": [\n"
	return strings.Replace(document, list, list+entry(name), 1)
}
