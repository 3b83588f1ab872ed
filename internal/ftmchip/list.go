package ftmchip

import (
	"context"
	"encoding/hex"
	"fmt"
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

// Row is a chip in a list.
type Row struct {
	ID            id.FTMChip
	PartnerID     id.Partner
	PublicID      string
	Organisation  string
	PartnerStatus string
	Make          string
	Model         string
	Status        approval.Status
	CreatedAt     time.Time
	SubmittedAt   *time.Time
	UploadedAt    *time.Time // the certificate in service, else the one that waits
	NotAfter      *time.Time // of it
	Soundness     Soundness  // of the one in service; "" for none
	New           bool       // a new certificate waits beside the one in service
	Version       int
	TakenBy       string // whose work it is, while it waits for a decision; "" for nobody's
}

// Name is what people call the chip.
func (r Row) Name() string { return r.Make + " " + r.Model }

// Halts are the reasons why an approved chip does not count now.
func (r Row) Halts() []Halt {
	return halts(r.Status == approval.Approved, r.PartnerStatus == "active", r.Soundness)
}

// Values of filters that are no state.
const (
	StatusNewCertificate = "new_certificate" // of "status": approved, and a new certificate waits
	Yes                  = "yes"             // of "expired": the certificate in service has
)

// maxWithin is how far the filter "within" looks ahead: the days in which the
// certificate of a chip that counts ends.
const maxWithin = 3650

// maxWords is how many words of a search are looked for.
const maxWords = 5

// List is how chips can be sorted and filtered. Sorted by "waiting", those that wait
// for an admin longest come first. provider is a provider's id or a part of its name
// or partner ID.
var List = list.Spec{
	Sorts: map[string]string{
		"provider": "lower(p.organisation)", "name": "lower(f.make || ' ' || f.model)", "model": "lower(f.model)", "status": "f.status",
		"submitted": "f.submitted_at", "created": "f.created_at", "uploaded": "coalesce(c.uploaded_at, w.uploaded_at)",
		"ends":    "coalesce(c.not_after, w.not_after)",
		"waiting": "case when f.status = 'pending_approval' then f.submitted_at when f.status = 'approved' then w.uploaded_at end",
	},
	Default:  "-created",
	Filters:  []string{"q", "status", "provider", "make", "model", "assigned", "within", "expired"},
	TieBreak: "f.id",
}

// round counts the decisions that a chip waits for, as package thing does: on what
// was sent, and on each certificate.
const round = `case when f.status = 'pending_approval' or f.status = 'approved' and w.id is not null
	then f.submission + (select count(*)::integer from ftm_chip_certificates x where x.chip_id = f.id) end`

var rowColumns = `f.id, f.partner_id, p.public_id, p.organisation, p.status as partner_status, f.make, f.model, f.status, f.created_at, f.submitted_at,
	coalesce(c.uploaded_at, w.uploaded_at) as uploaded_at, coalesce(c.not_after, w.not_after) as not_after, ` + soundness + ` as soundness,
	f.status = 'approved' and w.id is not null as new, f.version, ` + assignment.HolderSQL(audit.FTMChip, "f.id", round) + ` as taken_by`

const rowFrom = `from ftm_chips f join partners p on p.id = f.partner_id
	left join ftm_chip_certificates c on c.chip_id = f.id and c.status = 'in_service'
	left join ftm_chip_certificates w on w.chip_id = f.id and w.status = 'waiting'`

// Listing is the list of the chips in scope, by a query of List: a page of it, or
// the whole as a file. An unknown value of a filter is ignored.
func (s *Service) Listing(scope authz.Scope, q list.Query) pg.Listing[Row] {
	now := s.db.Now()
	var w pg.Where
	w.Let("now", now)
	w.And("f.created_at <= @now", "", nil) // so that each statement of the list knows the moment
	if !scope.All {
		w.And("f.partner_id = @scope", "scope", scope.Partner)
	}
	byState(&w, &q)
	if days, err := strconv.Atoi(q.Filter("within")); err == nil && days > 0 && days <= maxWithin {
		w.And(standing.FTMChipCounts+" and c.not_after <= @until", "until", now.AddDate(0, 0, days))
	}
	if q.Filter("expired") == Yes {
		w.And("f.status = 'approved' and c.not_after <= @now", "", nil)
	}
	for _, name := range []string{FieldMake, FieldModel} {
		if v := q.Filter(name); v != "" {
			w.And("f."+name+" ilike @"+name, name, list.Contains(v))
		}
	}
	if v := q.Filter("provider"); v != "" && scope.All {
		if pid, err := id.Parse[id.Partner](v); err == nil {
			w.And("f.partner_id = @provider", "provider", pid)
		} else {
			w.And("(p.organisation ilike @provider or p.public_id ilike @provider)", "provider", list.Contains(v))
		}
	}
	assignment.Filter(&w, q.Filter("assigned"), scope, audit.FTMChip, "f.id", round)
	search(&w, q.Filter("q"))
	return pg.Listing[Row]{DB: s.db, Query: q, Columns: rowColumns, From: rowFrom, Where: w}
}

func byState(w *pg.Where, q *list.Query) {
	switch status := q.Filter("status"); {
	case status == StatusNewCertificate:
		w.And("f.status = 'approved' and w.id is not null", "", nil)
	case Moves.Known(approval.Status(status)):
		w.And("f.status = @status", "status", status)
	case status != "":
		*q = q.Without("status").AtPage(q.Page)
	}
}

// search finds the exact id of a chip, the exact thumbprint of a certificate, or
// chips of which each word stands in make, model or the provider's names; each
// column by its own index.
func search(w *pg.Where, text string) {
	if text == "" {
		return
	}
	if cid, err := id.Parse[id.FTMChip](text); err == nil {
		w.And("f.id = @q", "q", cid)
		return
	}
	if sum := Thumbprint(text); sum != nil {
		w.And("f.id in (select chip_id from ftm_chip_certificates where thumbprint = @q)", "q", sum)
		return
	}
	for i, word := range strings.Fields(text)[:min(maxWords, len(strings.Fields(text)))] {
		name := fmt.Sprint("q", i)
		w.And(strings.ReplaceAll(`f.id in (
			select id from ftm_chips where make ilike @q union select id from ftm_chips where model ilike @q
			union select id from ftm_chips where partner_id in (
				select id from partners where organisation ilike @q union select id from partners where public_id ilike @q))`, "@q", "@"+name),
			name, list.Contains(word))
	}
}

// Thumbprint reads a SHA-256 thumbprint as people copy it, with or without colons
// and spaces; nil for what is none.
func Thumbprint(text string) []byte {
	const size = 32
	sum, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil || len(sum) != size {
		return nil
	}
	return sum
}

// Rows are the chips with these ids in scope, in the order of their sending: for
// pages that decide on several at once. Others are left out.
func (s *Service) Rows(ctx context.Context, scope authz.Scope, ids []id.FTMChip) ([]Chip, error) {
	texts := make([]string, len(ids))
	for i, v := range ids {
		texts[i] = v.String()
	}
	return pg.All[Chip](ctx, s.db.Read(), `select `+chipColumns+chipFrom+`
		where f.id = any(@ids::uuid[]) and (@all or f.partner_id = @scope) order by f.submitted_at nulls last, f.id`,
		pg.Args{"ids": texts, "all": scope.All, "scope": scope.Partner})
}
