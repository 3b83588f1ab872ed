// Package thing says of each kind of thing what is the same for all: what it is
// called, who may open it, where its page is, and whether it waits for a
// decision. Notes, assignments and the search stand on it. It reads the tables
// of other areas, by their ids alone, since it hangs on none of their rules; it
// changes nothing.
package thing

import (
	"context"
	"fmt"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// Thing is one thing as far as everybody may need it who may open it.
type Thing struct {
	Kind  audit.Kind
	ID    string
	Name  string
	Round int // of the decision that it waits for; 0: for none
	// Of is what a thing without a history of its own belongs to, as the audit log
	// names it; zero for all others.
	Of audit.Subject
}

// Path is the page of the thing.
func (t Thing) Path() string { return Path(t.Kind, t.ID) }

// Waits reports whether the thing waits for a decision.
func (t Thing) Waits() bool { return t.Round > 0 }

// Subject is the thing, or what it belongs to, as the audit log names it.
func (t Thing) Subject() audit.Subject {
	if t.Of.Kind != "" {
		return t.Of
	}
	return audit.Subject{Kind: t.Kind, ID: t.ID, Name: t.Name}
}

// kind is what is known of things of one kind. All SQL is constant and stands
// over the table's own name.
type kind struct {
	path   string
	noted  bool             // staff may write internal notes about it
	open   authz.Permission // who may open its page, among staff
	decide authz.Permission // who may decide on it; "" where nothing waits
	table  string
	name   string // what people call it
	waits  string // condition
	round  string // of the decision that it waits for, from 1
	since  string // it has waited
	// whole is what the thing belongs to, if it has no history of its own, and
	// wholeID the column with its id; it is called as the thing is.
	whole   audit.Kind
	wholeID string
}

const openExtension = `select 1 from policy_request_extensions e where e.request_id = policy_requests.id and e.decision is null`

const waitingCertificate = `select 1 from ftm_chip_certificates c where c.chip_id = ftm_chips.id and c.status = 'waiting'`

// sbiName is an SBI's provider and version: the version alone says little.
const sbiName = `(select p.organisation || ' – ' || sbis.sbi_version from partners p where p.id = sbis.partner_id)`

var kinds = map[audit.Kind]kind{
	audit.Partner: {
		path: "/partners/", noted: true, open: authz.PartnerRead, decide: authz.PartnerDecide,
		table: "partners", name: "organisation", waits: "status = 'pending_approval'", round: "submission", since: "submitted_at",
	},
	audit.PolicyGroup: {path: "/policy-groups/", noted: true, open: authz.PolicyGroupRead, table: "policy_groups", name: "name"},
	audit.Policy:      {path: "/policies/", noted: true, open: authz.PolicyRead, table: "policies", name: "name"},
	audit.PolicyRequest: {
		path: "/policy-requests/", noted: true, open: authz.PolicyRequestRead, decide: authz.PolicyRequestDecide, table: "policy_requests",
		name: "(select p.organisation || ' – ' || y.name from partners p, policies y where p.id = policy_requests.partner_id and y.id = policy_requests.policy_id)",
		// A grant's extension is decided on the same page: each one that was asked for is a round.
		waits: "(status = 'pending_approval' or exists (" + openExtension + "))",
		round: "submission + (select count(*)::integer from policy_request_extensions e where e.request_id = policy_requests.id)",
		since: "coalesce((select e.requested_at from policy_request_extensions e where e.request_id = policy_requests.id and e.decision is null limit 1), submitted_at)",
	},
	audit.Term:        {path: "/vocabulary/", noted: true, open: authz.PolicyRead, table: "vocabulary_terms", name: "name"},
	audit.DeviceType:  {path: "/device-types/", noted: true, open: authz.DeviceTypeManage, table: "device_types", name: "label_en"},
	audit.APIKey:      {path: "/api-keys/", noted: true, open: authz.APIKeyRead, table: "api_keys", name: "label"},
	audit.Service:     {path: "/service-accounts/", noted: true, open: authz.ServiceManage, table: "service_accounts", name: "name"},
	audit.Webhook:     {path: "/webhooks/", open: authz.WebhookManage, table: "webhooks", name: "description"},
	audit.Certificate: {path: "/certificates/", noted: true, open: authz.CertificateRead, table: "partner_certificates", name: "subject"},
	audit.CACertificate: {
		path: "/trust-store/", noted: true, open: authz.TrustStoreManage, decide: authz.TrustStoreManage, table: "ca_certificates",
		name: "subject", waits: "status = 'waiting' and kind = 'root'", round: "version", since: "proposed_at",
	},
	audit.PartnerChange: {
		path: "/partners/changes/", open: authz.PartnerDecide, decide: authz.PartnerDecide, table: "partner_changes",
		name:  "(select p.organisation from partners p where p.id = partner_changes.partner_id)",
		waits: "status = 'pending_approval'", round: "1", since: "submitted_at", // decided once
		whole: audit.Partner, wholeID: "partner_id",
	},
	audit.SBI: {
		path: "/sbis/", noted: true, open: authz.SBIRead, decide: authz.SBIDecide, table: "sbis", name: sbiName,
		waits: "status = 'pending_approval'", round: "submission", since: "submitted_at",
	},
	audit.Device: {
		path: "/devices/", noted: true, open: authz.DeviceRead, decide: authz.DeviceDecide, table: "devices",
		name: "make || ' ' || model", waits: "status = 'pending_approval'", round: "submission", since: "submitted_at",
	},
	audit.FTMChip: {
		path: "/ftm-chips/", noted: true, open: authz.FTMChipRead, decide: authz.FTMChipDecide, table: "ftm_chips", name: "make || ' ' || model",
		// A new certificate for an approved chip is decided on the same page: each one is a round.
		waits: "(status = 'pending_approval' or status = 'approved' and exists (" + waitingCertificate + "))",
		round: "submission + (select count(*)::integer from ftm_chip_certificates c where c.chip_id = ftm_chips.id)",
		since: "coalesce((select c.uploaded_at from ftm_chip_certificates c where c.chip_id = ftm_chips.id and c.status = 'waiting' limit 1), submitted_at)",
	},
	audit.User: {path: "/staff/", open: authz.StaffManage, table: "users", name: "btrim(first_name || ' ' || last_name)"},
}

// Path is the page of a thing, "" for a kind without pages. A page may lead on
// to another one.
func Path(k audit.Kind, of string) string {
	if known, ok := kinds[k]; ok {
		return known.path + of
	}
	return ""
}

// Opens reports whether a member of staff may open things of a kind.
func Opens(a authz.Actor, k audit.Kind) bool {
	known, ok := kinds[k]
	return ok && a.Staff() && a.May(known.open)
}

// Noted reports whether internal notes are written about things of a kind.
func Noted(k audit.Kind) bool { return kinds[k].noted }

// Sees reports whether the actor may know of a thing of a kind that belongs to a
// partner (nil: to none): staff by their rights, a partner's people of their own
// (security.md AUT-2).
func Sees(a authz.Actor, k audit.Kind, owner *id.Partner) bool {
	known, ok := kinds[k]
	return ok && a.May(known.open) && (owner == nil || a.Scope().All || *owner == a.Partner && !id.IsZero(a.Partner))
}

// Decides is the permission to decide on things of a kind that wait; "" where
// nothing does.
func Decides(k audit.Kind) authz.Permission { return kinds[k].decide }

// Find is a thing that a member of staff may open. What does not exist, what
// they may not open and what is of no kind are all problem.ErrNotFound
// (security.md AUT-3).
func Find(ctx context.Context, q pg.Querier, a authz.Actor, k audit.Kind, of string) (Thing, error) {
	known, ok := kinds[k]
	tid, err := id.Parse[id.Thing](of)
	if !ok || err != nil || !Opens(a, k) {
		return Thing{}, problem.ErrNotFound
	}
	round := "0"
	if known.decide != "" {
		round = "case when " + known.waits + " then " + known.round + " else 0 end"
	}
	whole := "''"
	if known.whole != "" {
		whole = known.wholeID + "::text"
	}
	t, err := pg.One[struct {
		Name  string
		Round int
		Whole string
	}](ctx, q, "select "+known.name+" as name, "+round+" as round, "+whole+" as whole from "+known.table+" where id = @id", pg.Args{"id": tid})
	if err != nil {
		return Thing{}, fmt.Errorf("thing: %w", err)
	}
	out := Thing{Kind: k, ID: of, Name: t.Name, Round: t.Round}
	if known.whole != "" {
		out.Of = audit.Subject{Kind: known.whole, ID: t.Whole, Name: t.Name}
	}
	return out, nil
}

// WaitingSQL is a query of everything that waits for a decision: columns kind,
// id, name, round and since. Whoever uses it joins it by kind and id.
func WaitingSQL() string { return waitingSQL }

var waitingSQL = func() string {
	sql := ""
	for _, k := range []audit.Kind{audit.Partner, audit.PartnerChange, audit.PolicyRequest, audit.CACertificate, audit.SBI, audit.Device, audit.FTMChip} {
		known := kinds[k]
		if sql != "" {
			sql += " union all "
		}
		sql += "select '" + string(k) + "' as kind, id, " + known.name + " as name, " + known.round + " as round, " + known.since +
			" as since from " + known.table + " where " + known.waits
	}
	return sql
}()
