package apikey

import (
	"context"
	"errors"
	"strconv"
	"time"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/list"
	"portal/internal/pg"
	"portal/internal/problem"
)

// What a list shows of a standing: few words for many reasons.
const (
	ShownWorks       = "works"
	ShownStopped     = "stopped" // something that it hangs on
	ShownEnded       = "ended"
	ShownDeactivated = "deactivated"
)

// Shown are they, in the order in which a filter offers them.
var Shown = []string{ShownWorks, ShownStopped, ShownEnded, ShownDeactivated}

// Shown is which of the four a key is.
func (k Key) Shown() string {
	switch k.Standing {
	case Works:
		return ShownWorks
	case KeyEnded:
		return ShownEnded
	case KeyDeactivated:
		return ShownDeactivated
	default:
		return ShownStopped
	}
}

var sorts = map[string]string{
	"label": "lower(k.label)", "policy": "lower(po.name)", "partner": "lower(p.organisation)", "ends": "k.ends_on", "created": "k.created_at",
}

var filters = []string{"q", "partner", "policy", "label", "status", "expiring"}

// List is how staff see all keys, OwnList how a partner sees its own: by grant.
var (
	List    = list.Spec{Sorts: sorts, Default: "-created", Filters: filters, TieBreak: "k.id"}
	OwnList = list.Spec{Sorts: sorts, Default: "policy", Filters: filters, TieBreak: "k.id"}
)

// Expiring are the days ahead that the filter "expiring" offers.
var Expiring = []int{7, 30, 90}

// Keys is one page of the keys in scope (List, OwnList).
func (s *Service) Keys(ctx context.Context, scope authz.Scope, q list.Query) (list.Page[Key], error) {
	return s.Listing(scope, q).Page(ctx)
}

// Listing is the list behind Keys, to be exported as a whole.
func (s *Service) Listing(scope authz.Scope, q list.Query) pg.Listing[Key] {
	var w pg.Where
	today := s.Today()
	w.And("(@all or k.partner_id = @own)", "all", scope.All)
	w.Let("own", scope.Partner)
	w.Let("today", today)
	if f := q.Filter("q"); f != "" { // what a search knows a key by; each part has its index
		w.And(`k.id in (select id from api_keys where label ilike @search union select id from api_keys where partner_id in (
			select id from partners where organisation ilike @search union select id from partners where public_id ilike @search))`,
			"search", list.Contains(f))
	}
	if f := q.Filter("partner"); f != "" {
		w.And("(p.organisation ilike @partner or p.public_id ilike @partner)", "partner", list.Contains(f))
	}
	if f := q.Filter("policy"); f != "" {
		w.And("po.name ilike @policy", "policy", list.Contains(f))
	}
	if f := q.Filter("label"); f != "" {
		w.And("k.label ilike @label", "label", list.Contains(f))
	}
	switch q.Filter("status") {
	case ShownWorks:
		w.And("st.standing = 'works'", "", nil)
	case ShownEnded:
		w.And("st.standing = 'key_ended'", "", nil)
	case ShownDeactivated:
		w.And("st.standing = 'key_deactivated'", "", nil)
	case ShownStopped:
		w.And("st.standing not in ('works', 'key_ended', 'key_deactivated')", "", nil)
	}
	if days, err := strconv.Atoi(q.Filter("expiring")); err == nil && days > 0 && days <= MaxDays {
		w.And("k.status = 'active' and k.ends_on between @today and @until", "until", today.AddDate(0, 0, days))
	}
	return pg.Listing[Key]{DB: s.db, Query: q, Columns: keyColumns, From: keyFrom, Where: w}
}

// Full is a key with its secrets, newest first, and whether its partner has a
// certificate that counts.
type Full struct {
	Key
	Secrets     []keysecret.Secret
	Certificate bool
}

// Key is one key in scope; problem.ErrNotFound if there is none or it is
// somebody else's (security.md AUT-3).
func (s *Service) Key(ctx context.Context, scope authz.Scope, kid id.APIKey) (Full, error) {
	k, err := s.byID(ctx, s.db.Read(), scope, kid)
	if err != nil {
		return Full{}, err
	}
	f := Full{Key: k}
	if f.Secrets, err = keysecret.Of(ctx, s.db.Read(), keysecret.OfAPIKey(kid)); err != nil {
		return Full{}, err
	}
	f.Certificate, err = s.certified(ctx, k.PartnerID)
	return f, err
}

// certified reports whether a certificate of the partner counts.
func (s *Service) certified(ctx context.Context, partner id.Partner) (bool, error) {
	_, err := certificate.Counting(ctx, s.db.Read(), partner, s.db.Now())
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Grant is a grant of the partner, whether or not it works;
// problem.ErrNotFound where it has none such.
func (s *Service) Grant(ctx context.Context, partner id.Partner, grant id.PolicyRequest) (Grant, error) {
	return s.grantOf(ctx, s.db.Read(), partner, grant)
}

// Desk is what a partner needs to know before it makes a key.
type Desk struct {
	Grants      []Grant // that work, by name of their policy
	Certificate bool    // whether one counts
	Live        int     // keys that have not ended
	Today       time.Time
}

// Desk see Desk.
func (s *Service) Desk(ctx context.Context, partner id.Partner) (Desk, error) {
	d := Desk{Today: s.Today()}
	q := s.db.Read()
	var err error
	d.Grants, err = pg.All[Grant](ctx, q, `select `+grantColumns+` from policy_requests r`+chainFrom+`
		where r.partner_id = @partner and r.status = 'approved' and `+grantStanding+` = 'works' order by lower(po.name), r.id`,
		pg.Args{"partner": partner, "today": d.Today})
	if err != nil {
		return Desk{}, err
	}
	if d.Live, err = s.live(ctx, q, partner); err != nil {
		return Desk{}, err
	}
	d.Certificate, err = s.certified(ctx, partner)
	return d, err
}
