package search

import (
	"context"
	"slices"
	"strings"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/ftmchip"
	"portal/internal/list"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/sbi"
	"portal/internal/serviceaccount"
	"portal/internal/vocabulary"
	"portal/internal/webhook"
)

func (l Lists) partners(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[partner.Row], error) {
	return l.Partners.Partners(ctx, scope, q)
}

func partnerHit(_ authz.Actor, r partner.Row) Hit {
	return Hit{Kind: audit.Partner, ID: r.ID.String(), Title: r.Organisation, Detail: r.PublicID, Status: string(r.Status)}
}

// people are the reader's own partner's: staff find those of a partner with the
// partner.
func (l Lists) people(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[account.Colleague], error) {
	return l.Accounts.People(ctx, scope, scope.Partner, q)
}

func colleagueHit(_ authz.Actor, c account.Colleague) Hit {
	return Hit{Kind: audit.User, ID: c.ID.String(), Title: c.Name(), Detail: c.Email, Status: string(c.Status), Path: "/people/" + c.ID.String()}
}

func (l Lists) requests(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[policyrequest.Row], error) {
	return l.Requests.Requests(ctx, scope, q)
}

// requestHit names the partner to staff alone: a partner knows who it is.
func requestHit(a authz.Actor, r policyrequest.Row) Hit {
	h := Hit{Kind: audit.PolicyRequest, ID: r.ID.String(), Title: r.PolicyName, Status: string(r.Status)}
	if a.Scope().All {
		h.Detail = r.Organisation
	}
	return h
}

func (l Lists) offers(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[policyrequest.Offer], error) {
	return l.Requests.Offers(ctx, scope.Partner, q)
}

// offerHit leads to where the partner asks for the policy, or to what it asked.
func offerHit(_ authz.Actor, o policyrequest.Offer) Hit {
	h := Hit{Kind: audit.Policy, ID: o.ID.String(), Title: o.Name, Detail: o.Description, Path: "/policy-requests/new?policy=" + o.ID.String()}
	if o.RequestID != nil {
		h.Path = "/policy-requests/" + o.RequestID.String()
	}
	return h
}

func (l Lists) certificates(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[certificate.Row], error) {
	return l.Certs.Certificates(scope, q).Page(ctx)
}

func certificateHit(a authz.Actor, c certificate.Row) Hit {
	h := Hit{Kind: audit.Certificate, ID: c.ID.String(), Title: c.Subject}
	if a.Scope().All {
		h.Detail = c.Partner
	}
	return h
}

// keyList is the list as its reader has it.
func keyList(a authz.Actor) *list.Spec {
	if a.Staff() {
		return &apikey.List
	}
	return &apikey.OwnList
}

func (l Lists) keys(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[apikey.Key], error) {
	return l.Keys.Keys(ctx, scope, q)
}

// keyHit tells apart keys that have one label: by their partner to staff, by
// their policy to the partner.
func keyHit(a authz.Actor, k apikey.Key) Hit {
	h := Hit{Kind: audit.APIKey, ID: k.ID.String(), Title: k.Label, Detail: k.PolicyName, Status: k.Shown()}
	if a.Scope().All {
		h.Detail = k.Organisation
	}
	return h
}

func (l Lists) services(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[serviceaccount.Account], error) {
	return l.Services.Accounts(ctx, q)
}

func serviceHit(_ authz.Actor, s serviceaccount.Account) Hit {
	return Hit{Kind: audit.Service, ID: s.ID.String(), Title: s.Name, Detail: s.Description, Status: s.Shown()}
}

func (l Lists) webhooks(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[webhook.Webhook], error) {
	return l.Webhooks.Webhooks(ctx, q)
}

func webhookHit(_ authz.Actor, w webhook.Webhook) Hit {
	return Hit{Kind: audit.Webhook, ID: w.ID.String(), Title: w.Description, Detail: w.Host(), Status: string(w.Status)}
}

func (l Lists) sbis(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[sbi.Row], error) {
	return l.SBIs.SBIs(ctx, scope, q)
}

// sbiHit names the provider to staff alone, as the two below: a provider knows who
// it is.
func sbiHit(a authz.Actor, r sbi.Row) Hit {
	h := Hit{Kind: audit.SBI, ID: r.ID.String(), Title: r.SBIVersion, Status: string(r.Status)}
	if a.Scope().All {
		h.Detail = r.Organisation
	}
	return h
}

func (l Lists) devices(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[device.Row], error) {
	return l.Devices.Rows(ctx, scope, q)
}

func deviceHit(a authz.Actor, r device.Row) Hit {
	h := Hit{Kind: audit.Device, ID: r.ID.String(), Title: r.Name(), Detail: r.SBIVersion, Status: string(r.Status)}
	if a.Scope().All {
		h.Detail = r.Organisation
	}
	return h
}

func (l Lists) chips(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[ftmchip.Row], error) {
	return l.Chips.Listing(scope, q).Page(ctx)
}

func chipHit(a authz.Actor, r ftmchip.Row) Hit {
	h := Hit{Kind: audit.FTMChip, ID: r.ID.String(), Title: r.Name(), Status: string(r.Status)}
	if a.Scope().All {
		h.Detail = r.Organisation
	}
	return h
}

// typesIn finds types of devices with their sub-types, as their list does. They are
// few, and their list counts the devices of each: too much for a search.
func typesIn(db *pg.DB) func(context.Context, authz.Actor, string) (Group, error) {
	return func(ctx context.Context, a authz.Actor, text string) (g Group, err error) {
		types, err := devicetype.Load(ctx, db.Read())
		for _, t := range types {
			for _, s := range t.SubTypes {
				if !has(text, t.Code, t.Label.En, t.Label.Fr, t.Label.Ar, s.Code, s.Label.En, s.Label.Fr, s.Label.Ar) {
					continue
				}
				if g.Total++; len(g.Hits) < Shown {
					g.Hits = append(g.Hits, Hit{Kind: audit.DeviceType, ID: t.ID.String(), Title: t.Label.In(a.Lang), Detail: s.Label.In(a.Lang)})
				}
			}
		}
		return g, err
	}
}

func has(text string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(text)) })
}

func (l Lists) trustStore(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[certificate.CA], error) {
	return l.Certs.TrustStore(scope, q).Page(ctx)
}

func caHit(_ authz.Actor, c certificate.CA) Hit {
	return Hit{Kind: audit.CACertificate, ID: c.ID.String(), Title: c.Subject, Detail: c.Domain}
}

func (l Lists) policies(k policy.Kind) func(context.Context, authz.Scope, list.Query) (list.Page[policy.Row], error) {
	return func(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[policy.Row], error) {
		return l.Policies.Policies(ctx, k, q)
	}
}

func policyHit(_ authz.Actor, r policy.Row) Hit {
	return Hit{Kind: audit.Policy, ID: r.ID.String(), Title: r.Name, Detail: r.GroupName, Status: string(r.Status)}
}

func (l Lists) groups(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[policy.GroupRow], error) {
	return l.Policies.Groups(ctx, q)
}

func groupHit(_ authz.Actor, g policy.GroupRow) Hit {
	return Hit{Kind: audit.PolicyGroup, ID: g.ID.String(), Title: g.Name, Detail: g.Description, Status: string(g.Status)}
}

func (l Lists) terms(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[vocabulary.Term], error) {
	return l.Vocabulary.Terms(ctx, q)
}

func termHit(a authz.Actor, t vocabulary.Term) Hit {
	return Hit{Kind: audit.Term, ID: t.ID.String(), Title: t.Label(a.Lang), Detail: t.Name}
}

func (l Lists) staff(ctx context.Context, _ authz.Scope, q list.Query) (list.Page[account.Member], error) {
	return l.Accounts.StaffList(ctx, q)
}

func memberHit(_ authz.Actor, m account.Member) Hit {
	return Hit{Kind: audit.User, ID: m.ID.String(), Title: m.Name(), Detail: m.Email, Status: string(m.Status)}
}
