package organisation

import (
	"context"
	"errors"
	"strconv"
	"time"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/policyrequest"
	"portal/internal/problem"
	"portal/internal/standing"
	"portal/internal/webhook"
)

// MinReason is how short the reason of a deactivation and of a re-activation may
// be, in characters.
const MinReason = 10

// Deactivation is one time that a partner was deactivated.
type Deactivation struct {
	ID            id.Deactivation
	PartnerID     id.Partner
	Reason        string
	DeactivatedBy id.User
	Name          string // of that person
	DeactivatedAt time.Time
	EndedAt       *time.Time // nil while it lasts
	EndedReason   string
}

const deactivationSelect = `select d.id, d.partner_id, d.reason, d.deactivated_by, trim(u.first_name || ' ' || u.last_name) as name, d.deactivated_at,
		d.ended_at, d.ended_reason
	from partner_deactivations d join users u on u.id = d.deactivated_by
	where d.partner_id = @id and (@all or d.partner_id = @scope)`

// Deactivation is why a partner in scope is deactivated now; problem.ErrNotFound
// if it is not.
func (s *Service) Deactivation(ctx context.Context, scope authz.Scope, pid id.Partner) (Deactivation, error) {
	return pg.One[Deactivation](ctx, s.db.Read(), deactivationSelect+` and d.ended_at is null`,
		pg.Args{"id": pid, "all": scope.All, "scope": scope.Partner})
}

// Deactivations are all times that a partner in scope was deactivated, newest
// first, at most shownChanges.
func (s *Service) Deactivations(ctx context.Context, scope authz.Scope, pid id.Partner) ([]Deactivation, error) {
	return pg.All[Deactivation](ctx, s.db.Read(), deactivationSelect+` order by d.deactivated_at desc limit @most`,
		pg.Args{"id": pid, "all": scope.All, "scope": scope.Partner, "most": shownChanges})
}

// Impact is what a deactivation ends or pauses, counted.
type Impact struct {
	People   int // who are told
	Invited  int // who have not come yet, and cannot meanwhile
	Sessions int // that are open
	Grants   int // that hand out data now
	Keys     int // that work now
	Requests int // for policies that wait for a decision; they cannot be approved meanwhile
	Changes  int // of its name or address that wait: withdrawn
	Supply       // counts no more
}

// Supply is what a provider supplies and buyers can rely on.
type Supply struct {
	SBIs    int // approved, and not over
	Devices int // approved, with such an SBI
	Chips   int // approved, with a certificate that stands
}

// supplied are the columns of Supply of the partner @id, if it is active or would
// be. Nothing of it is written when a partner is deactivated: it stops counting
// with it and counts again with it.
func supplied(counts string) string {
	return `
		(select count(*) from sbis s where s.partner_id = @id and s.status = 'approved' and s.expires_on >= @today and ` + counts + `) as sbis,
		(select count(*) from sbis s join devices d on d.sbi_id = s.id and d.status = 'approved'
			where s.partner_id = @id and s.status = 'approved' and s.expires_on >= @today and ` + counts + `) as devices,
		(select count(*) from ftm_chips h join ftm_chip_certificates c on c.chip_id = h.id
			where h.partner_id = @id and h.status = 'approved' and ` + standing.CertificateCounts + ` and ` + counts + `) as chips`
}

const partnerIsActive = `exists (select 1 from partners where id = @id and status = 'active')`

// open is, for a grant r, that its policy and the policy's group are in force:
// without them it hands out nothing.
const open = `exists (select 1 from policies y join policy_groups g on g.id = y.group_id
	where y.id = r.policy_id and y.status = 'active' and g.status = 'active')`

// Impact counts what deactivating a partner would end or pause now. It counts
// other areas' rows: their number is all it needs to know.
func (s *Service) Impact(ctx context.Context, scope authz.Scope, pid id.Partner) (Impact, error) {
	if !scope.All {
		return Impact{}, problem.ErrNotFound
	}
	return pg.One[Impact](ctx, s.db.Read(), `
		with works as (select id from policy_requests r
			where partner_id = @id and status = 'approved' and paused_at is null and ends_on >= @today and `+open+`)
		select
		(select count(*) from users where partner_id = @id and status = 'active' and password is not null) as people,
		(select count(*) from users where partner_id = @id and status = 'active' and password is null) as invited,
		(select count(*) from sessions s join users u on u.id = s.user_id where u.partner_id = @id and s.revoked_at is null
			and s.expires_at > now() and s.auth_epoch = u.auth_epoch) as sessions,
		(select count(*) from works) as grants,
		(select count(*) from api_keys k where k.partner_id = @id and k.status = 'active' and k.paused_at is null and k.ends_on >= @today
			and k.request_id in (select id from works)) as keys,
		(select count(*) from policy_requests where partner_id = @id and status in ('pending_approval', 'changes_requested')) as requests,
		(select count(*) from partner_changes where partner_id = @id and status in ('unproved', 'pending_approval')) as changes,`+
		supplied(partnerIsActive), s.nowFor(pid))
}

// Return is what re-activating a partner brings back, and what not.
type Return struct {
	Grants, Keys           int    // come back
	IdleGrants             int    // of these hand out nothing all the same: their policy or its group is not in force
	EndedGrants, EndedKeys int    // were revoked, deactivated or ran out meanwhile
	ClosedGroup            string // the partner's policy group if it is deactivated, else ""
	Supply                        // counts again
}

// nowFor asks of a partner what holds now, on the portal's day.
func (s *Service) nowFor(pid id.Partner) pg.Args {
	now := s.db.Now()
	return pg.Args{"id": pid, "now": now, "today": pg.Day(now.In(s.zone))}
}

// Return counts what re-activating a deactivated partner would bring back now.
func (s *Service) Return(ctx context.Context, scope authz.Scope, pid id.Partner) (Return, error) {
	if !scope.All {
		return Return{}, problem.ErrNotFound
	}
	return pg.One[Return](ctx, s.db.Read(), `
		with d as (select deactivated_at as at from partner_deactivations where partner_id = @id and ended_at is null),
		g as (select r.id, r.status = 'approved' and r.ends_on >= @today as good, `+open+` as open
			from policy_requests r join d on r.paused_at = d.at where r.partner_id = @id),
		k as (select k.status = 'active' and k.ends_on >= @today and exists (select 1 from g where g.id = k.request_id and g.good) as good
			from api_keys k join d on k.paused_at = d.at where k.partner_id = @id)
		select (select count(*) from g where good) as grants, (select count(*) from k where good) as keys,
			(select count(*) from g where good and not open) as idle_grants,
			(select count(*) from g where not good) as ended_grants, (select count(*) from k where not good) as ended_keys,
			coalesce((select g.name from partners p join policy_groups g on g.id = p.policy_group_id
				where p.id = @id and g.status <> 'active'), '') as closed_group,`+supplied("true"), s.nowFor(pid))
}

func (s *Service) checkReason(ctx context.Context, a authz.Actor, reason string) (string, error) {
	var f problem.Fields
	reason = f.Lines("reason", reason, MaxReason, true)
	if n := len([]rune(reason)); n < MinReason {
		f.Add("reason", "problem.too_short", "Min", MinReason)
	}
	if err := f.Err(); err != nil {
		return "", s.db.DeniedFirst(ctx, a, authz.PartnerDeactivate, err)
	}
	return reason, nil
}

// Deactivate ends an active partner's access at once, in one transaction
// (authz.PartnerDeactivate): its people's sessions end, its grants and keys are
// paused, its open changes withdrawn, other systems and its people are told, with
// the reason (MinReason to MaxReason characters). version is the partner's that
// the page showed. Whatever is approved or created at the same moment waits for
// the partner's row and then sees it deactivated (security.md CON-4).
//
// Errors: *problem.InvalidError at "reason"; problem.ErrNotFound;
// *problem.ConflictError when the partner changed or was deactivated by somebody
// else meanwhile. The same person doing the same twice is no error.
func (s *Service) Deactivate(ctx context.Context, a authz.Actor, pid id.Partner, version int, reason string) error {
	reason, err := s.checkReason(ctx, a, reason)
	if err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.PartnerDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockWithGroup(ctx, tx, pid)
		if err != nil {
			return audit.Event{}, err
		}
		if err := p.may(ctx, tx, a, version, partner.Deactivated, reason); err != nil {
			return audit.Event{}, err
		}
		_, err = tx.Exec(ctx, `insert into partner_deactivations (id, partner_id, reason, deactivated_by, deactivated_at)
			values (@id, @partner, @reason, @by, @now)`,
			pg.Args{"id": id.New[id.Deactivation](), "partner": pid, "reason": reason, "by": a.User, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		detail, err := s.stop(ctx, tx, a, p)
		if err != nil {
			return audit.Event{}, err
		}
		return p.moved(ctx, tx, partner.Deactivated, reason, detail)
	})
}

// lockWithGroup is lock for what reaches a partner's grants: its policy group
// comes first in every change.
func lockWithGroup(ctx context.Context, tx *pg.Tx, pid id.Partner) (locked, error) {
	_, err := pg.Values[id.PolicyGroup](ctx, tx, `select g.id from policy_groups g join partners p on p.policy_group_id = g.id
		where p.id = @id for share of g`, pg.Args{"id": pid})
	if err != nil {
		return locked{}, err
	}
	return lock(ctx, tx, pid)
}

// stop ends and pauses what an active partner has, in the order in which every
// change locks (policy_requests, api_keys, then the rest), and counts it.
func (s *Service) stop(ctx context.Context, tx *pg.Tx, a authz.Actor, p locked) ([]audit.Change, error) {
	grants, err := policyrequest.Pause(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	keys, err := apikey.Pause(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	changes, err := tx.Exec(ctx, `update partner_changes set status = 'withdrawn', ended_by = @by, ended_at = @now, version = version + 1
		where partner_id = @id and status in ('unproved', 'pending_approval')`, pg.Args{"id": p.ID, "by": a.User, "now": tx.Now()})
	if err != nil {
		return nil, err
	}
	sessions, err := s.endSessions(ctx, tx, p.ID)
	return counted("sessions", sessions, "grants", grants, "keys", keys, "changes", int(changes)), err
}

// Reactivate gives a deactivated partner its access back
// (authz.PartnerDeactivate): what this deactivation paused works again, unless it
// was ended or ran out meanwhile; sessions and withdrawn changes do not come
// back. reason, version and errors are Deactivate's.
func (s *Service) Reactivate(ctx context.Context, a authz.Actor, pid id.Partner, version int, reason string) error {
	reason, err := s.checkReason(ctx, a, reason)
	if err != nil {
		return err
	}
	return s.db.Change(ctx, a, authz.PartnerDeactivate, func(tx *pg.Tx) (audit.Event, error) {
		p, err := lockWithGroup(ctx, tx, pid)
		if err != nil {
			return audit.Event{}, err
		}
		if err := p.may(ctx, tx, a, version, partner.Active, reason); err != nil {
			return audit.Event{}, err
		}
		err = pg.Exec1(ctx, tx, `update partner_deactivations set ended_by = @by, ended_at = @now, ended_reason = @reason
			where partner_id = @id and ended_at is null`, pg.Args{"id": pid, "by": a.User, "now": tx.Now(), "reason": reason})
		if err != nil {
			return audit.Event{}, err
		}
		grants, err := policyrequest.Resume(ctx, tx, pid)
		if err != nil {
			return audit.Event{}, err
		}
		keys, err := apikey.Resume(ctx, tx, pid)
		if err != nil {
			return audit.Event{}, err
		}
		return p.moved(ctx, tx, partner.Active, reason, counted("grants", int64(grants), "keys", keys))
	})
}

// may reports why a locked partner cannot be moved as the page offered it; nil
// if it can. What the same person did already with the same words is pg.ErrNothing.
func (p locked) may(ctx context.Context, tx *pg.Tx, a authz.Actor, version int, to partner.Status, reason string) error {
	if p.Status == to {
		last, err := pg.One[struct {
			By     id.User
			Name   string
			At     time.Time
			Reason string
		}](ctx, tx, `select coalesce(d.ended_by, d.deactivated_by) as by, trim(u.first_name || ' ' || u.last_name) as name,
				coalesce(d.ended_at, d.deactivated_at) as at, case when d.ended_at is null then d.reason else d.ended_reason end as reason
			from partner_deactivations d join users u on u.id = coalesce(d.ended_by, d.deactivated_by)
			where d.partner_id = @id order by d.deactivated_at desc limit 1`, pg.Args{"id": p.ID})
		switch {
		case errors.Is(err, problem.ErrNotFound):
			return problem.ErrConflict // active all the time
		case err != nil:
			return err
		case last.By == a.User && last.Reason == reason:
			return pg.ErrNothing
		}
		return &problem.ConflictError{Key: "organisation.conflict.is_" + string(to), Args: []any{"Name", last.Name, "When", last.At}}
	}
	if err := partner.Statuses.Check(p.Status, to); err != nil {
		return err
	}
	if p.Version != version {
		return pg.Stale(ctx, tx, a, audit.Partner, p.ID.String())
	}
	return nil
}

// moved writes the new status down and tells of it: other systems, the
// partner's people and the log.
func (p locked) moved(ctx context.Context, tx *pg.Tx, to partner.Status, reason string, detail []audit.Change) (audit.Event, error) {
	action, kind, told := audit.PartnerDeactivated, mail.PartnerDeactivated, webhook.PartnerDeactivated
	if to == partner.Active {
		action, kind, told = audit.PartnerReactivated, mail.PartnerReactivated, webhook.PartnerActivated
	}
	if err := pg.Exec1(ctx, tx, `update partners set status = @to where id = @id and status = @from`,
		pg.Args{"id": p.ID, "to": string(to), "from": string(p.Status)}); err != nil {
		return audit.Event{}, err
	}
	if err := p.bump(ctx, tx); err != nil {
		return audit.Event{}, err
	}
	err := webhook.Publish(ctx, tx, webhook.Event{Type: told, Partner: p.ID, Data: map[string]any{
		"partner": p.PublicID, "organisation": p.Organisation, "type": p.Type,
	}})
	if err != nil {
		return audit.Event{}, err
	}
	event := p.event(action, append([]audit.Change{{Field: "reason", After: reason}}, detail...))
	event.Before, event.After = p.Version, p.Version+1
	return event, account.TellPartner(ctx, tx, p.ID, kind, map[string]string{"Organisation": p.Organisation, "Reason": reason, "Path": "/home"})
}

// counted lists what there was more than none of, as the log keeps it.
func counted(pairs ...any) []audit.Change {
	var detail []audit.Change
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		if n, _ := pairs[i+1].(int); n > 0 {
			detail = append(detail, audit.Change{Field: name, After: strconv.Itoa(n)})
		}
	}
	return detail
}
