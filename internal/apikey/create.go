package apikey

import (
	"context"
	"errors"
	"strings"
	"time"

	"portal/internal/account"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Input is what a partner says of a new key.
type Input struct {
	ID     id.APIKey // made when the form is drawn, so that sending it twice makes one key
	Grant  id.PolicyRequest
	Label  string // 1 to MaxLabel characters, unique for the grant
	EndsOn string // its last day, "2026-11-30"; "" for LastDay
}

// check trims the input and reports what is wrong with it by itself.
func (in *Input) check(today time.Time) (endsOn time.Time, err error) {
	var f problem.Fields
	in.Label = f.Line("label", strings.Join(strings.Fields(in.Label), " "), MaxLabel, true)
	endsOn = parseDay(&f, in.EndsOn, today)
	return endsOn, f.Err()
}

// parseDay reads a last day between today and the longest life of a key; zero
// where nothing was typed.
func parseDay(f *problem.Fields, typed string, today time.Time) time.Time {
	if typed == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, typed)
	switch last := today.AddDate(0, 0, MaxDays); {
	case err != nil:
		f.Add("ends_on", "api_key.problem.day")
	case day.Before(today):
		f.Add("ends_on", "api_key.problem.past")
	case day.After(last):
		f.Add("ends_on", "api_key.problem.too_far", "Max", MaxDays)
	}
	return day
}

// LastDay is the last day that a key gets if nobody says another: twelve months,
// as far as a key may live and its grant lasts.
func LastDay(today, grantEnds time.Time) time.Time {
	last := today.AddDate(1, 0, 0)
	for _, bound := range []time.Time{today.AddDate(0, 0, MaxDays), grantEnds} {
		if bound.Before(last) {
			last = bound
		}
	}
	return last
}

// Made is a key right after it was made or rotated: the only place that ever
// holds its token.
type Made struct {
	Key   Key
	Token keysecret.Token
}

// Create makes a key for a grant of the actor's own partner (authz.APIKeyCreate,
// which no staff holds: staff never hold a partner's key). It needs a grant that
// works and a certificate that counts, and a second factor of the actor where one is
// required. The partner's people get a mail.
//
// Errors: *problem.InvalidError at "grant", "label", "ends_on"; ErrShown when
// the form was sent before; ErrNeedsFactor.
func (s *Service) Create(ctx context.Context, a authz.Actor, in Input) (Made, error) {
	endsOn, invalid := in.check(s.Today())
	if s.NeedsFactor(a) {
		return Made{}, s.db.DeniedFirst(ctx, a, authz.APIKeyCreate, ErrNeedsFactor)
	}
	var made Made
	err := s.db.Change(ctx, a, authz.APIKeyCreate, func(tx *pg.Tx) (audit.Event, error) {
		if err := sentBefore(ctx, tx, a, in.ID); err != nil {
			return audit.Event{}, err
		}
		g, err := s.lockGrant(ctx, tx, a.Partner, in.Grant)
		if err != nil {
			return audit.Event{}, errors.Join(invalid, err)
		}
		if endsOn.IsZero() {
			endsOn = LastDay(s.Today(), g.EndsOn)
		}
		if err := s.mayMake(ctx, tx, a.Partner, g, endsOn, invalid); err != nil {
			return audit.Event{}, err
		}
		if err := insert(ctx, tx, a, in, endsOn); err != nil {
			return audit.Event{}, err
		}
		if made.Token, err = keysecret.Issue(ctx, tx, s.keys, keysecret.OfAPIKey(in.ID), a.User, 0); err != nil {
			return audit.Event{}, err
		}
		if made.Key, err = s.byID(ctx, tx, a.Scope(), in.ID); err != nil {
			return audit.Event{}, err
		}
		return made.Key.created(), s.tell(ctx, tx, a, made.Key, mail.APIKeyCreated, webhook.APIKeyCreated, nil)
	})
	if err != nil {
		return Made{}, allWrong(err)
	}
	return made, nil
}

func (k Key) created() audit.Event {
	detail := audit.Diff(nil, "policy", "", k.PolicyName)
	detail = audit.Diff(detail, "ends_on", "", k.EndsOn.Format(time.DateOnly))
	return k.event(audit.APIKeyCreated, 0, detail)
}

// tell lets the partner's people and other systems know of a change, in the
// change. more is what this kind of mail says besides.
func (s *Service) tell(ctx context.Context, tx *pg.Tx, a authz.Actor, k Key, m mail.Kind, t webhook.Type, more map[string]string) error {
	params := k.mailParams(a)
	for name, value := range more {
		params[name] = value
	}
	if err := account.TellPartner(ctx, tx, k.PartnerID, m, params); err != nil {
		return err
	}
	return k.publish(ctx, tx, t)
}

// sentBefore finds the key that this form made already.
func sentBefore(ctx context.Context, tx *pg.Tx, a authz.Actor, kid id.APIKey) error {
	by, err := pg.Value[id.User](ctx, tx, `select created_by from api_keys where id = @id`, pg.Args{"id": kid})
	switch {
	case errors.Is(err, problem.ErrNotFound):
		return nil
	case err != nil:
		return err
	case by == a.User:
		return ErrShown
	}
	return problem.ErrConflict // somebody else's id: no form of ours sends that
}

// Grant is a grant that keys can be made for, or why not.
type Grant struct {
	ID         id.PolicyRequest
	PolicyID   id.Policy
	PolicyName string
	EndsOn     time.Time
	Standing   Standing
}

const grantColumns = `r.id, r.policy_id, po.name as policy_name, r.ends_on, ` + grantStanding + ` as standing`

// lockGrant holds everything that a key of the grant hangs on until the
// transaction ends: group, policy, partner, grant, in this order everywhere
// (security.md CON-4). The partner is held alone, so that its keys are counted
// one at a time. A grant that is not the partner's is a wrong answer.
func (s *Service) lockGrant(ctx context.Context, tx *pg.Tx, partner id.Partner, grant id.PolicyRequest) (Grant, error) {
	args := pg.Args{"id": grant}
	for _, lock := range []string{
		`select id::text from policy_groups where id = (select po.group_id from policy_requests r join policies po on po.id = r.policy_id where r.id = @id) for share`,
		`select id::text from policies where id = (select policy_id from policy_requests where id = @id) for share`,
		`select id::text from partners where id = (select partner_id from policy_requests where id = @id) for update`,
		`select id::text from policy_requests where id = @id for share`,
	} {
		if _, err := pg.Values[string](ctx, tx, lock, args); err != nil {
			return Grant{}, err
		}
	}
	g, err := s.grantOf(ctx, tx, partner, grant)
	if errors.Is(err, problem.ErrNotFound) {
		return Grant{}, problem.Invalid("grant", "problem.choose")
	}
	return g, err
}

func (s *Service) grantOf(ctx context.Context, q pg.Querier, partner id.Partner, grant id.PolicyRequest) (Grant, error) {
	return pg.One[Grant](ctx, q, `select `+grantColumns+` from policy_requests r`+chainFrom+`
		where r.id = @id and r.partner_id = @partner and r.approved_at is not null`,
		pg.Args{"id": grant, "partner": partner, "today": s.Today()})
}

// mayMake says what else keeps a key from being made, together with what is
// wrong with the input itself.
func (s *Service) mayMake(ctx context.Context, tx *pg.Tx, partner id.Partner, g Grant, endsOn time.Time, invalid error) error {
	var f problem.Fields
	if g.Standing != Works {
		f.Add("grant", "api_key.standing."+string(g.Standing))
	}
	_, err := certificate.Counting(ctx, tx, partner, tx.Now())
	switch {
	case errors.Is(err, problem.ErrNotFound):
		f.Add("grant", "api_key.problem.no_certificate")
	case err != nil:
		return err
	}
	n, err := s.live(ctx, tx, partner)
	if err != nil {
		return err
	}
	if n >= MaxLive {
		f.Add("grant", "api_key.problem.too_many", "Max", MaxLive)
	}
	if f.AddError(invalid); endsOn.After(g.EndsOn) {
		f.Add("ends_on", "api_key.problem.after_grant")
	}
	return f.Err()
}

// live counts a partner's keys that have not ended (security.md LIM-4).
func (s *Service) live(ctx context.Context, q pg.Querier, partner id.Partner) (int, error) {
	return pg.Value[int](ctx, q, `select count(*) from api_keys where partner_id = @partner and status = 'active' and ends_on >= @today`,
		pg.Args{"partner": partner, "today": s.Today()})
}

func insert(ctx context.Context, tx *pg.Tx, a authz.Actor, in Input, endsOn time.Time) error {
	_, err := tx.Exec(ctx, `
		insert into api_keys (id, partner_id, request_id, label, status, ends_on, created_by, created_at, updated_at)
		values (@id, @partner, @grant, @label, 'active', @ends, @by, @now, @now)`,
		pg.Args{
			"id": in.ID, "partner": a.Partner, "grant": in.Grant, "label": in.Label, "ends": endsOn,
			"by": a.User, "now": tx.Now(),
		})
	switch {
	case pg.Violates(err, "api_keys_label_key"):
		return problem.Invalid("label", "api_key.problem.label_taken")
	case pg.Violates(err, "api_keys_pkey"):
		return ErrShown // the same form, sent twice at the same moment
	}
	return err
}

// allWrong makes one error of all the fields of several.
func allWrong(err error) error {
	var f problem.Fields
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) {
		return err
	}
	for _, one := range all.Unwrap() {
		if one != nil && !f.AddError(one) {
			return one
		}
	}
	return f.Err()
}
