package certificate

import (
	"context"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/pg"
)

// Row is a partner's certificate as lists show it.
type Row struct {
	Held
	Partner  string // its organisation
	PublicID string
}

// List is what /certificates can be sorted and filtered by. partner searches
// organisation and partner ID, q these, the subject and an exact serial number; within is a number of days in which one that counts
// ends.
var List = list.Spec{
	Sorts: map[string]string{
		"partner": "lower(p.organisation)", "domain": "c.domain", "subject": "lower(c.subject)", "ends": "c.not_after", "uploaded": "c.uploaded_at",
	},
	Default:  "-uploaded",
	Filters:  []string{"q", "partner", "domain", "state", "within"},
	TieBreak: "c.id",
}

// Certificates lists those in scope. An unknown value of a filter matches nothing.
func (s *Service) Certificates(scope authz.Scope, q list.Query) pg.Listing[Row] {
	now := s.db.Now()
	var w pg.Where
	w.Let("now", now)
	w.And("c.uploaded_at <= @now", "", nil) // so that each statement of the list knows the moment
	if !scope.All {
		w.And("c.partner_id = @scope", "scope", scope.Partner)
	}
	if v := q.Filter("partner"); v != "" {
		w.And("(p.organisation ilike @q or p.public_id ilike @q)", "q", list.Contains(v))
	}
	if v := q.Filter("q"); v != "" {
		w.And(`c.id in (
			select id from partner_certificates where subject ilike @search
			union select id from partner_certificates where serial = lower(@serial)
			union select id from partner_certificates where partner_id in (
				select id from partners where organisation ilike @search union select id from partners where public_id ilike @search))`,
			"search", list.Contains(v))
		w.Let("serial", v)
	}
	if v := q.Filter("domain"); v != "" {
		w.And("c.domain = @domain", "domain", v)
	}
	if v := q.Filter("state"); v != "" {
		w.And("("+stateIs+") = @state", "state", v)
	}
	if v := q.Filter("within"); v != "" {
		w.And("c.status = 'accepted' and c.not_after > @now and c.not_after <= @until", "until", now.AddDate(0, 0, withinDays(v)))
		w.And("("+stateIs+") = 'counts'", "", nil)
	}
	return pg.Listing[Row]{
		DB: s.db, Query: q, Columns: certificateColumns + `, ` + stateIs + ` as state, p.organisation as partner, p.public_id`,
		From: "from partner_certificates c join partners p on p.id = c.partner_id", Where: w,
	}
}

// Full is a certificate with everything that its page shows.
type Full struct {
	Row
	DER          []byte             `db:"der"`
	Original     []byte             // as it was sent
	Chain        []id.CACertificate // from the issuer up to the root
	UploadedName string
	EndedBy      *id.User
	EndedName    string
	EndedAt      *time.Time
	Reason       string
}

// Certificate is one certificate in scope; problem.ErrNotFound for any other.
func (s *Service) Certificate(ctx context.Context, scope authz.Scope, cid id.Certificate) (Full, error) {
	return full(ctx, s.db.Read(), scope, cid, s.db.Now())
}

func full(ctx context.Context, q pg.Querier, scope authz.Scope, cid id.Certificate, now time.Time) (Full, error) {
	return pg.One[Full](ctx, q, `
		select `+certificateColumns+`, `+stateIs+` as state, p.organisation as partner, p.public_id, c.der, c.original, c.chain,
			sender.first_name || ' ' || sender.last_name as uploaded_name, c.ended_by,
			coalesce(ender.first_name || ' ' || ender.last_name, '') as ended_name, c.ended_at, c.reason
		from partner_certificates c join partners p on p.id = c.partner_id join users sender on sender.id = c.uploaded_by
			left join users ender on ender.id = c.ended_by
		where c.id = @id and (@all or c.partner_id = @partner)`,
		pg.Args{"id": cid, "all": scope.All, "partner": scope.Partner, "now": now})
}

// Chain are the authorities that a certificate hangs on, from its issuer up to the
// root.
func (s *Service) Chain(ctx context.Context, c Full) ([]FullCA, error) {
	return casByID(ctx, s.db.Read(), c.Chain)
}

// Standing is how a partner in scope stands with its certificates now; see the
// function of that name.
func (s *Service) Standing(ctx context.Context, scope authz.Scope, pid id.Partner) (Held, error) {
	if !scope.All && scope.Partner != pid {
		return Held{State: None}, nil
	}
	return Standing(ctx, s.db.Read(), pid, s.db.Now())
}

// Organisation is the name that a partner's certificates must bear, and the
// domain that they are for.
func (s *Service) Organisation(ctx context.Context, pid id.Partner) (name, domain string, err error) {
	p, err := partnerOf(ctx, s.db.Read(), pid, s.db.Now(), "")
	return p.Organisation, DomainOf(p.Type), err
}

// Roots are the roots in use of a domain: those whom a partner's certificate must
// come from.
func (s *Service) Roots(ctx context.Context, domain string) ([]CA, error) {
	return pg.All[CA](ctx, s.db.Read(), `select `+caColumns+` from ca_certificates ca
		where ca.domain = @domain and ca.kind = 'root' and ca.status = 'in_use' and ca.not_after > @now order by lower(ca.subject), ca.id limit 50`,
		pg.Args{"domain": domain, "now": s.db.Now()})
}
