package sbi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/assignment"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/standing"
)

// Row is an SBI in a list.
type Row struct {
	ID              id.SBI
	PartnerID       id.Partner
	PublicID        string
	Organisation    string
	PartnerStatus   string
	SBIVersion      string `db:"sbi_version"`
	Hash            []byte
	CreatedOn       time.Time
	ExpiresOn       time.Time
	Status          approval.Status
	Submission      int
	SubmittedAt     *time.Time
	Version         int
	DevicesApproved int    // no further than MaxCount+1
	DevicesPending  int    // as above
	TakenBy         string // whose work it is, while it waits for a decision; "" for nobody's
}

// Item is the SBI as the package approval takes it.
func (r Row) Item() approval.Item {
	return approval.Item{ID: r.ID.UUID, Status: r.Status, Submission: r.Submission, Version: r.Version}
}

// Expired reports whether the SBI's last day is over.
func (r Row) Expired(today time.Time) bool { return r.ExpiresOn.Before(today) }

// maxWithin is how far the filter "within" looks ahead, in days.
const maxWithin = 3660

// List is how SBIs can be sorted and filtered. Sorted by "waiting", those that wait
// for an admin longest come first.
var List = list.Spec{
	Sorts: map[string]string{
		"provider": "lower(p.organisation)", "version": "lower(s.sbi_version)", "status": "s.status",
		"created": "s.created_on", "expires": "s.expires_on", "submitted": "s.submitted_at",
		"registered": "s.created_at",
		"waiting":    "case when s.status = 'pending_approval' then s.submitted_at end",
	},
	Default:  "-registered",
	Filters:  []string{"q", "status", "provider", "assigned", "within", "expired"},
	TieBreak: "s.id",
}

const counted = `(select count(*) from (select 1 from devices d where d.sbi_id = s.id and d.status = '`

var most = `' limit ` + strconv.Itoa(MaxCount+1) + `) x)`

// round is the decision that an SBI waits for.
const round = `case when s.status = 'pending_approval' then s.submission end`

var rowColumns = `s.id, s.partner_id, p.public_id, p.organisation, p.status as partner_status, s.sbi_version, s.hash, s.created_on, s.expires_on,
	s.status, s.submission, s.submitted_at, s.version, ` + counted + `approved` + most + ` as devices_approved, ` +
	counted + `pending_approval` + most + ` as devices_pending, ` + assignment.HolderSQL(audit.SBI, "s.id", round) + ` as taken_by`

const rowFrom = `from sbis s join partners p on p.id = s.partner_id`

// SBIs is one page of the list, by a query of List.
func (s *Service) SBIs(ctx context.Context, scope authz.Scope, lq list.Query) (list.Page[Row], error) {
	return s.Listing(scope, lq).Page(ctx)
}

// Listing is the list of SBIs in scope. "q" looks for a part of the version, of the
// provider's name or its partner ID, or takes an SBI's id or a whole hash.
func (s *Service) Listing(scope authz.Scope, lq list.Query) pg.Listing[Row] {
	var w pg.Where
	if scope.All {
		w.And("s.submission > 0", "", nil) // nobody but its provider knows of a draft
	} else {
		w.And("s.partner_id = @scope", "scope", scope.Partner)
	}
	if status := lq.Filter("status"); Statuses.Known(approval.Status(status)) {
		w.And("s.status = @status", "status", status)
	} else if status != "" {
		lq = lq.Without("status").AtPage(lq.Page)
	}
	s.days(&w, lq)
	if v := lq.Filter("provider"); v != "" && scope.All {
		if key, err := id.Parse[id.Partner](v); err == nil {
			w.And("s.partner_id = @provider", "provider", key)
		} else {
			w.And("(p.organisation ilike @provider or p.public_id ilike @provider)", "provider", list.Contains(v))
		}
	}
	assignment.Filter(&w, lq.Filter("assigned"), scope, audit.SBI, "s.id", round)
	search(&w, lq.Filter("q"))
	return pg.Listing[Row]{DB: s.db, Query: lq, Columns: rowColumns, From: rowFrom, Where: w}
}

// days adds the filters by the last day: those of SBIs that count, that come within so
// many days, and those that are over ("yes") or not ("no").
func (s *Service) days(w *pg.Where, lq list.Query) {
	if days, err := strconv.Atoi(lq.Filter("within")); err == nil && days > 0 && days <= maxWithin {
		w.And(standing.SBICounts, "today", s.Today())
		w.And("s.expires_on <= @until", "until", s.Today().AddDate(0, 0, days))
	}
	switch lq.Filter("expired") {
	case "yes":
		w.And("s.expires_on < @today", "today", s.Today())
	case "no":
		w.And("s.expires_on >= @today", "today", s.Today())
	}
}

// search looks in each column by its own index.
func search(w *pg.Where, q string) {
	if q == "" {
		return
	}
	if key, err := id.Parse[id.SBI](q); err == nil {
		w.And("s.id = @q", "q", key)
		return
	}
	if hash, err := ReadHash(q); err == nil {
		w.And("s.hash = @q", "q", hash)
		return
	}
	w.And(`s.id in (
		select id from sbis where sbi_version ilike @q
		union select id from sbis where partner_id in (
			select id from partners where organisation ilike @q union select id from partners where public_id ilike @q))`,
		"q", list.Contains(strings.TrimSpace(q)))
}

// CountingOf are the SBIs of a provider that count now, newest first: to choose one
// for devices.
func (s *Service) CountingOf(ctx context.Context, pid id.Partner) ([]SBI, error) {
	return pg.All[SBI](ctx, s.db.Read(), `select `+columns+from+`
		where s.partner_id = @partner and s.status = 'approved' and s.expires_on >= @today and p.status = 'active'
		order by s.created_at desc, s.id desc`, pg.Args{"partner": pid, "today": s.Today()})
}
