package device

import (
	"context"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

// Row is a device in a list.
type Row struct {
	ID            id.Device
	PartnerID     id.Partner
	PublicID      string
	Organisation  string
	PartnerStatus string
	SBIID         id.SBI
	SBIVersion    string
	SBIStatus     approval.Status
	SBIExpiresOn  time.Time
	TypeID        id.DeviceType
	SubTypeID     id.DeviceSubType
	Make          string
	Model         string
	Status        approval.Status
	SubmittedAt   time.Time
	ApprovedAt    *time.Time
	Version       int
	TakenBy       string // whose work it is, while it waits for a decision; "" for nobody's
}

// Name is what people call a device.
func (r Row) Name() string { return r.Make + " " + r.Model }

// Counts reports whether other systems may rely on the device on a day; see
// Device.Counts.
func (r Row) Counts(today time.Time) bool {
	return r.Status == approval.Approved && r.PartnerStatus == "active" && r.SBIStatus == approval.Approved && !r.SBIExpiresOn.Before(today)
}

// List is how devices can be sorted and filtered. Each order has an index of its
// own, so that a page costs the same with a thousand devices and with 200,000.
// Sorted by "waiting", those that wait for an admin longest come first.
var List = list.Spec{
	Sorts: map[string]string{
		"model": "lower(d.make || ' ' || d.model)", "provider": "lower(p.organisation)", "status": "d.status", "submitted": "d.submitted_at",
		"waiting": "case when d.status = 'pending_approval' then d.submitted_at end",
	},
	Default:  "-submitted",
	Filters:  []string{"q", "status", "provider", "type", "sub_type", "sbi", "make", "model", "assigned"},
	TieBreak: "d.id",
}

// round is the decision that a device waits for.
const round = `case when d.status = 'pending_approval' then d.submission end`

var rowColumns = `d.id, d.partner_id, p.public_id, p.organisation, p.status as partner_status, d.sbi_id, b.sbi_version,
	b.status as sbi_status, b.expires_on as sbi_expires_on, d.type_id, d.sub_type_id, d.make, d.model, d.status, d.submitted_at, d.approved_at, d.version, ` +
	assignment.HolderSQL(audit.Device, "d.id", round) + ` as taken_by`

// rowFrom joins what every device has. The joins are outer ones, so that they cost
// nothing where rows are only counted.
const rowFrom = `from devices d left join partners p on p.id = d.partner_id left join sbis b on b.id = d.sbi_id`

// fromPartners is rowFrom for the order of the providers: it can begin with them.
const fromPartners = `from partners p join devices d on d.partner_id = p.id left join sbis b on b.id = d.sbi_id`

// Rows is one page of the devices in scope, by a query of List.
func (s *Service) Rows(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[Row], error) {
	return s.Listing(scope, q).Page(ctx)
}

// Listing is the list behind Rows, to be exported as a whole.
func (s *Service) Listing(scope authz.Scope, lq list.Query) pg.Listing[Row] {
	var w pg.Where
	if !scope.All {
		w.And("d.partner_id = @scope", "scope", scope.Partner)
	}
	switch status := approval.Status(lq.Filter("status")); {
	case Statuses.Known(status):
		w.And("d.status = @status", "status", string(status))
	case status != "":
		lq = lq.Without("status").AtPage(lq.Page)
	}
	named(&w, lq, "provider", "d.partner_id = @provider", `d.partner_id in (
		select id from partners where organisation ilike @provider union select id from partners where public_id ilike @provider)`)
	named(&w, lq, "sbi", "d.sbi_id = @sbi", "d.sbi_id in (select id from sbis where sbi_version ilike @sbi)")
	byType(&w, lq)
	byModel(&w, lq)
	if value := lq.Filter("assigned"); scope.All && (value == assignment.ByMe || value == assignment.ByNobody) {
		w.And("d.status = 'pending_approval'", "", nil) // by its index: nothing else is anybody's work
		assignment.Filter(&w, value, scope, audit.Device, "d.id", round)
	}
	from := rowFrom
	if lq.Sort == "provider" {
		from = fromPartners
	}
	return pg.Listing[Row]{DB: s.db, Query: lq, Columns: rowColumns, From: from, Where: w}
}

// byType filters by a type's code, and by a sub-type's: "Finger", "Slap", or
// "Finger/Slap" where other types have one of the same code. Codes are what other
// programs know.
func byType(w *pg.Where, lq list.Query) {
	of, sub := lq.Filter("type"), lq.Filter("sub_type")
	if before, after, both := strings.Cut(sub, "/"); both {
		of, sub = before, after
	}
	if of != "" {
		w.And("d.type_id = (select id from device_types where lower(code) = lower(@type))", "type", of)
	}
	if sub != "" {
		w.And("d.sub_type_id in (select id from device_sub_types where lower(code) = lower(@sub_type))", "sub_type", sub)
	}
}

// byModel filters by parts of make and model. Both stand in one index, by which a
// part of either is a part of the whole.
func byModel(w *pg.Where, lq list.Query) {
	const name = "d.make || ' ' || d.model ilike "
	if v := lq.Filter("make"); v != "" {
		w.And("d.make ilike @make and "+name+"@make", "make", list.Contains(v))
	}
	if v := lq.Filter("model"); v != "" {
		w.And("d.model ilike @model and "+name+"@model", "model", list.Contains(v))
	}
	named(w, lq, "q", "d.id = @q", name+"@q")
}

// named filters by a thing's id, or by a part of its name.
func named(w *pg.Where, lq list.Query, filter, byID, byName string) {
	v := lq.Filter(filter)
	if v == "" {
		return
	}
	if key, err := id.Parse[id.Thing](strings.ToLower(v)); err == nil {
		w.And(byID, filter, key.UUID)
		return
	}
	w.And(byName, filter, list.Contains(v))
}

// Counts is how many devices wait, and for whom.
type Counts struct {
	Pending          int // wait for a Partner Admin
	ChangesRequested int // wait for the provider
	Approved         int
}

// Counts counts the devices in scope: for home pages.
func (s *Service) Counts(ctx context.Context, scope authz.Scope) (Counts, error) {
	return pg.One[Counts](ctx, s.db.Read(), `
		select count(*) filter (where status = 'pending_approval')::integer as pending,
			count(*) filter (where status = 'changes_requested')::integer as changes_requested,
			count(*) filter (where status = 'approved')::integer as approved
		from devices where partner_id = @scope and status in ('pending_approval', 'changes_requested', 'approved')`, pg.Args{"scope": scope.Partner})
}
