// Package demo loads a small demonstration into an empty database, through the
// same services as people use: accounts, groups, policies of both kinds, and
// partners of each type in several states. Only portal dev calls it.
package demo

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"portal/internal/account"
	"portal/internal/app"
	"portal/internal/authz"
	"portal/internal/certdoc/certmake"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/policy"
)

// Password is the password of all accounts of the demonstration.
const Password = "correct horse battery staple"

// Account is one of the demonstration's accounts. Is says who it is.
type Account struct{ Email, Is string }

// Accounts are printed when portal dev starts.
var Accounts = []Account{
	{"admin@demo.test", "Partner Admin"},
	{"manager@demo.test", "Policy Manager"},
	{"auth@demo.test", "Authentication Partner, active"},
	{"member@demo.test", "its colleague, who is not the owner"},
	{"credential@demo.test", "Credential Partner, active"},
	{"device@demo.test", "Device Provider, changes requested"},
	{"ftm@demo.test", "FTM Provider, rejected"},
	{"camera@demo.test", "Device Provider, active"},
	{"chip@demo.test", "FTM Provider, active"},
	{"scanner@demo.test", "Device Provider, active, with the same models as another"},
	{"second@demo.test", "Partner Admin, the second pair of eyes"},
	{"pending@demo.test", "Authentication Partner, pending approval"},
	{"closed@demo.test", "Authentication Partner, deactivated"},
}

type loader struct {
	app            *app.App
	admin, manager authz.Actor
	groups         map[string]id.PolicyGroup
	devices        certmake.Holder // the root of the devices
	err            error           // the first thing that went wrong; nothing more is done then
}

// Load fills an empty database; one that has accounts already is left alone.
func Load(ctx context.Context, a *app.App) error {
	some, err := pg.Value[bool](ctx, a.DB.Read(), `select exists (select 1 from users)`, nil)
	if err != nil || some {
		return err
	}
	l := &loader{app: a, groups: map[string]id.PolicyGroup{}}
	l.admin = l.staff(ctx, "admin@demo.test", "Amina", "Haddad", "en", authz.PartnerAdmin)
	l.manager = l.staff(ctx, "manager@demo.test", "Paul", "Martin", "en", authz.PolicyManager)
	l.policyGroups(ctx)
	tell := l.webhooks(ctx)
	l.policies(ctx)
	l.partners(ctx)
	l.certificates(ctx)
	l.requests(ctx)
	l.keys(ctx)
	l.people(ctx)
	l.hardware(ctx)
	l.daily(ctx)
	tell()
	l.mails(ctx)
	return l.err
}

func (l *loader) staff(ctx context.Context, email, first, last, lang string, role authz.Role) authz.Actor {
	if l.err != nil {
		return authz.Actor{}
	}
	var actor authz.Actor
	actor, l.err = l.app.Accounts.CreateWithPassword(ctx, account.StaffInput{
		Email: email, FirstName: first, LastName: last,
		Lang: lang, Roles: []authz.Role{role},
	}, Password)
	return actor
}

func (l *loader) policyGroups(ctx context.Context) {
	for _, g := range []struct{ name, description string }{
		{"Telecom", "Mobile and fixed-line operators, under the telecommunications regulator."},
		{"Banking", "Banks and payment services, under the central bank."},
		{"Insurance", "Insurers and brokers, under the insurance supervisor."},
		{"Postal services", "Closed at the end of the pilot."},
	} {
		if l.err != nil {
			return
		}
		var group policy.Group
		group, l.err = l.app.Policies.CreateGroup(ctx, l.admin, policy.GroupInput{Name: g.name, Description: g.description})
		l.groups[g.name] = group.ID
	}
	if l.err == nil {
		l.err = l.app.Policies.DeactivateGroup(ctx, l.admin, l.groups["Postal services"], 1)
	}
}

func (l *loader) partners(ctx context.Context) {
	decide := l.app.Partners
	approve := func(p partner.Partner) error { return decide.Approve(ctx, l.admin, p.ID, p.Version) }
	for _, p := range []struct {
		answers partner.Answers
		group   string
		then    func(partner.Partner) error
	}{
		{partner.Answers{
			Type: authz.AuthPartner, Organisation: "Meridian Mobile", Email: "auth@demo.test", FirstName: "Leila", LastName: "Benali",
			Purpose: "Verify new subscribers when they buy a SIM card.", Lang: "en",
		}, "Telecom", approve},
		{partner.Answers{
			Type: authz.CredentialPartner, Organisation: "Banque du Littoral", Email: "credential@demo.test", FirstName: "Claire", LastName: "Dupont",
			Purpose: "Print and issue identity cards at our branches.", Lang: "fr",
		}, "Banking", approve},
		{partner.Answers{
			Type: authz.DeviceProvider, Organisation: "Iris Instruments", Email: "device@demo.test", FirstName: "Kenji", LastName: "Sato",
			Purpose: "Supply iris cameras for enrolment centres.", Lang: "en",
		}, "", func(p partner.Partner) error {
			return decide.RequestChanges(ctx, l.admin, p.ID, p.Version, []partner.FieldLine{
				{Field: "address", Message: "Please give the address of the registered office, not a post box."},
				{Field: "purpose", Message: "Which camera models do you want to supply?"},
			}, "")
		}},
		{partner.Answers{
			Type: authz.FTMProvider, Organisation: "SecureChip GmbH", Email: "ftm@demo.test", FirstName: "Eva", LastName: "Brandt",
			Purpose: "Supply secure chips for registered devices.", Lang: "en",
		}, "", func(p partner.Partner) error {
			return decide.Reject(ctx, l.admin, p.ID, p.Version, "The chip family is not certified yet. Please ask again once the certificate is issued.")
		}},
		{partner.Answers{
			Type: authz.AuthPartner, Organisation: "شركة الأمان للتأمين", PublicID: "Al-Aman", Email: "pending@demo.test", FirstName: "سالم", LastName: "المنصوري",
			Purpose: "التحقق من هوية المؤمَّن عليهم عند صرف التعويضات.", Lang: "ar",
		}, "Insurance", nil},
		{partner.Answers{
			Type: authz.AuthPartner, Organisation: "Meridian Mobile", PublicID: "Meridian-Fixed", Email: "fixed@meridian.test", FirstName: "Omar", LastName: "Reyes",
			Purpose: "Verify customers of our fixed-line branch.", Lang: "en",
		}, "Telecom", nil},
	} {
		a := p.answers
		a.Address, a.Phone = "12 Harbour Road\nPort City", "+999 12 345 678"
		if a.PublicID == "" {
			a.PublicID = partner.ProposePublicID(a.Organisation)
		}
		if p.group != "" {
			a.PolicyGroupID = l.groups[p.group].String()
		}
		l.partner(ctx, a, p.then)
	}
}

// partner registers as a visitor does, code included.
func (l *loader) partner(ctx context.Context, a partner.Answers, then func(partner.Partner) error) {
	if l.err != nil {
		return
	}
	var found partner.Partner
	if found, l.err = Register(ctx, l.app, a); l.err == nil && then != nil {
		l.err = then(found)
	}
}

// Register sends a registration with Password as password and proves its
// address. Tests use it too.
func Register(ctx context.Context, a *app.App, answers partner.Answers) (partner.Partner, error) {
	visitor := authz.VisitorAt(authz.Actor{}.IP, "demo")
	regs, token := a.Registrations, ""
	for _, step := range partner.Steps {
		if step == partner.StepGroup && !partner.UsesPolicies(answers.Type) {
			continue
		}
		var err error
		if _, token, err = regs.Save(ctx, token, step, partner.Input{Answers: answers, Password: Password, Consent: true}); err != nil {
			return partner.Partner{}, fmt.Errorf("register %s, step %s: %w", answers.Email, step, err)
		}
	}
	if _, err := regs.Send(ctx, visitor, token); err != nil {
		return partner.Partner{}, err
	}
	_, proof, err := regs.Proof(ctx, token)
	if err != nil {
		return partner.Partner{}, err
	}
	code := a.Codes.Code(struct{ uuid.UUID }(proof.ID).UUID, proof.Sends)
	if res, err := regs.Confirm(ctx, visitor, token, code); err != nil || res.Outcome != challenge.OK {
		return partner.Partner{}, fmt.Errorf("register %s: code %s: %w", answers.Email, res.Outcome, err)
	}
	pid, err := pg.Value[id.Partner](ctx, a.DB.Read(), `select id from partners where lower(public_id) = lower(@id)`, pg.Args{"id": answers.PublicID})
	if err != nil {
		return partner.Partner{}, err
	}
	return a.Partners.Partner(ctx, authz.Scope{All: true}, pid)
}
