// Package search finds things by what people know of them: an id, a name, an
// e-mail address, a number on a certificate. What somebody may not see is not
// found: each list is asked as its own page asks it, with the reader's scope,
// and an exact id is compared with it. It knows no page.
package search

import (
	"context"
	"fmt"
	"net/url"
	"unicode"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/device"
	"portal/internal/ftmchip"
	"portal/internal/list"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/internal/sbi"
	"portal/internal/serviceaccount"
	"portal/internal/vocabulary"
	"portal/internal/webhook"
)

// Hit is one thing that was found.
type Hit struct {
	Kind   audit.Kind
	ID     string
	Title  string
	Detail string // what tells it from others of the same title; may be empty
	Status string // as its list shows it; may be empty
	Path   string // of its page, where that depends on the list and not on the kind
}

// Group are the hits of one list, the first few of them.
type Group struct {
	List    string // the list's address without the slash: "partners"
	Hits    []Hit
	Total   int
	Bounded bool // there are more than Total
}

// Shown is how many hits of each list are shown.
const Shown = 5

// Service searches.
type Service struct {
	db      *pg.DB
	sources []source
}

// source is one list that can be searched by the filter "q".
type source struct {
	list  string
	needs authz.Permission
	find  func(ctx context.Context, a authz.Actor, text string) (Group, error)
}

// Lists are the services whose lists are searched.
type Lists struct {
	Partners   *partner.Service
	Accounts   *account.Service
	Policies   *policy.Service
	Requests   *policyrequest.Service
	Certs      *certificate.Service
	Vocabulary *vocabulary.Service
	Keys       *apikey.Service
	Services   *serviceaccount.Service
	Webhooks   *webhook.Service
	SBIs       *sbi.Service
	Devices    *device.Service
	Chips      *ftmchip.Service
}

// NewService searches in db and in these lists, in the order in which people ask
// for them.
func NewService(db *pg.DB, l Lists) *Service {
	return &Service{db: db, sources: []source{
		{"partners", authz.PartnerRead, in(fixed(&partner.PartnerList), l.partners, partnerHit)},
		{"people", authz.PeopleRead, in(fixed(&account.PeopleList), l.people, colleagueHit)},
		{"policy-requests", authz.PolicyRequestRead, in(fixed(&policyrequest.RequestList), l.requests, requestHit)},
		{"policy-requests/browse", authz.PolicyRequestSend, in(fixed(&policyrequest.OfferList), l.offers, offerHit)},
		{"certificates", authz.CertificateRead, in(fixed(&certificate.List), l.certificates, certificateHit)},
		{"api-keys", authz.APIKeyRead, in(keyList, l.keys, keyHit)},
		{"sbis", authz.SBIRead, in(fixed(&sbi.List), l.sbis, sbiHit)},
		{"devices", authz.DeviceRead, in(fixed(&device.List), l.devices, deviceHit)},
		{"ftm-chips", authz.FTMChipRead, in(fixed(&ftmchip.List), l.chips, chipHit)},
		{"trust-store", authz.TrustStoreManage, in(fixed(&certificate.TrustList), l.trustStore, caHit)},
		{"auth-policies", authz.PolicyRead, in(fixed(&policy.PolicyList), l.policies(policydoc.KindAuth), policyHit)},
		{"datashare-policies", authz.PolicyRead, in(fixed(&policy.PolicyList), l.policies(policydoc.KindDataShare), policyHit)},
		{"policy-groups", authz.PolicyGroupRead, in(fixed(&policy.GroupList), l.groups, groupHit)},
		{"vocabulary", authz.PolicyRead, in(func(a authz.Actor) *list.Spec { return vocabulary.ListIn(a.Lang) }, l.terms, termHit)},
		{"device-types", authz.DeviceTypeManage, typesIn(db)},
		{"service-accounts", authz.ServiceManage, in(fixed(&serviceaccount.List), l.services, serviceHit)},
		{"webhooks", authz.WebhookManage, in(fixed(&webhook.List), l.webhooks, webhookHit)},
		{"staff", authz.StaffManage, in(fixed(&account.List), l.staff, memberHit)},
	}}
}

// in makes a source of a list's own read.
func in[T any](spec func(authz.Actor) *list.Spec, read func(context.Context, authz.Scope, list.Query) (list.Page[T], error),
	hit func(a authz.Actor, row T) Hit,
) func(context.Context, authz.Actor, string) (Group, error) {
	return func(ctx context.Context, a authz.Actor, text string) (Group, error) {
		p, err := read(ctx, a.Scope(), spec(a).Parse(url.Values{"q": {text}}).WithSize(Shown))
		g := Group{Total: p.Total, Bounded: p.Bounded}
		for _, row := range p.Items {
			g.Hits = append(g.Hits, hit(a, row))
		}
		return g, err
	}
}

func fixed(spec *list.Spec) func(authz.Actor) *list.Spec {
	return func(authz.Actor) *list.Spec { return spec }
}

// enough is how many letters or digits in a row a search needs: with fewer no
// index helps (measured.md §6).
const enough = 3

// Enough reports whether a text is long enough to look for as a part of a name.
// Exact ids are found at any length.
func Enough(text string) bool {
	run := 0
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			run = 0
			continue
		}
		if run++; run >= enough {
			return true
		}
	}
	return false
}

// Find is what the actor may see of everything whose name, address or the like
// contains text, by list; lists without a hit are left out.
func (s *Service) Find(ctx context.Context, a authz.Actor, text string) ([]Group, error) {
	var groups []Group
	if !Enough(text) {
		return nil, nil
	}
	for _, from := range s.sources {
		if !a.May(from.needs) {
			continue
		}
		g, err := from.find(ctx, a, text)
		if err != nil {
			return nil, fmt.Errorf("search in %s: %w", from.list, err)
		}
		if g.List = from.list; len(g.Hits) > 0 {
			groups = append(groups, g)
		}
	}
	return groups, nil
}

// Places are the lists that the actor's searches look into.
func (s *Service) Places(a authz.Actor) []string {
	var places []string
	for _, from := range s.sources {
		if a.May(from.needs) {
			places = append(places, from.list)
		}
	}
	return places
}
