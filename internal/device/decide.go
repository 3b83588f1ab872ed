package device

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/webhook"
)

// Decide takes a decision on one device that waits, with the row version that the
// actor looked at, and mails the provider's people.
//
// It needs authz.DeviceDecide. Errors: problem.ErrNotFound; a
// *problem.ConflictError when somebody decided meanwhile, the provider sent
// something newer, or – to approve – the provider is not active or the SBI does not
// count (security.md CON-2, CON-4); problem.ErrDenied for what one sent oneself
// (AUT-6). The same decision sent twice is no error.
func (s *Service) Decide(ctx context.Context, a authz.Actor, did id.Device, version int, r approval.Ruling) error {
	err := s.db.Change(ctx, a, authz.DeviceDecide, func(tx *pg.Tx) (audit.Event, error) {
		d, err := holdOne(ctx, tx, a.Scope(), did)
		if err != nil {
			return audit.Event{}, err
		}
		if err := s.judge(ctx, tx, a, d, version, r); err != nil {
			return audit.Event{}, err
		}
		return rule(ctx, tx, a, r, []Device{d})
	})
	if errors.Is(err, approval.ErrOwn) {
		return s.db.Deny(ctx, a, authz.DeviceDecide)
	}
	return change("decide on device", err)
}

// judge is why a ruling cannot be taken on a device that is locked; nil if it can.
func (s *Service) judge(ctx context.Context, tx *pg.Tx, a authz.Actor, d Device, version int, r approval.Ruling) error {
	if d.Status != approval.PendingApproval || d.Version != version {
		return Things.Late(ctx, tx, a, d.Item(), version, r)
	}
	if d.SubmittedBy == a.User {
		return approval.ErrOwn
	}
	if r.To == approval.Approved {
		return d.Halt(s.dayOf(tx.Now()))
	}
	return nil
}

// actions and mails of the rulings.
var (
	actions = map[approval.Status]audit.Action{
		approval.Approved: audit.DeviceApproved, approval.ChangesRequested: audit.DeviceReturned, approval.Rejected: audit.DeviceRejected,
	}
	mails = map[approval.Status]mail.Kind{
		approval.Approved: mail.ApprovalApproved, approval.ChangesRequested: mail.ApprovalReturned, approval.Rejected: mail.ApprovalRejected,
	}
)

// rule carries a ruling out on devices that are locked and wait: as many statements
// for thousands as for one, but for the mails, which are one for each provider. The
// event of the last device is returned, those of the others stand before it.
func rule(ctx context.Context, tx *pg.Tx, a authz.Actor, r approval.Ruling, all []Device) (audit.Event, error) {
	if err := Things.Rule(ctx, tx, a, r, items(all)...); err != nil {
		return audit.Event{}, err
	}
	if r.To == approval.Approved {
		if err := publish(ctx, tx, webhook.DeviceApproved, all); err != nil {
			return audit.Event{}, err
		}
	}
	if err := tellProviders(ctx, tx, a, mails[r.To], r.Words(), all); err != nil {
		return audit.Event{}, err
	}
	return log(tx, all, actions[r.To], func(Device) []audit.Change { return r.Detail() }), nil
}

// log writes down an event for each device; the last one is for the caller to
// return.
func log(tx *pg.Tx, all []Device, action audit.Action, detail func(Device) []audit.Change) audit.Event {
	last := len(all) - 1
	for _, d := range all[:last] {
		tx.Also(d.event(action, detail(d)))
	}
	return all[last].event(action, detail(all[last]))
}

func publish(ctx context.Context, tx *pg.Tx, t webhook.Type, all []Device) error {
	events := make([]webhook.Event, len(all))
	for i, d := range all {
		events[i] = d.told(t)
	}
	return webhook.Publish(ctx, tx, events...)
}

// tellProviders mails the people of each provider once, whatever the number of its
// devices.
func tellProviders(ctx context.Context, tx *pg.Tx, a authz.Actor, what mail.Kind, reason string, all []Device) error {
	var order []id.Partner
	news := map[id.Partner]approval.News{}
	for _, d := range all {
		n, known := news[d.PartnerID]
		if !known {
			order = append(order, d.PartnerID)
			n = approval.News{Organisation: d.Organisation, Reason: reason, Path: d.path()}
		} else {
			n.Path = "/devices"
		}
		n.Names = append(n.Names, d.Name())
		news[d.PartnerID] = n
	}
	for _, pid := range order {
		if err := Things.TellProvider(ctx, tx, a, pid, what, news[pid]); err != nil {
			return err
		}
	}
	return nil
}

// Seen is a device as a page showed it.
type Seen struct {
	ID      id.Device
	Version int
}

// Outcome is what became of one of several devices.
type Outcome struct {
	Device
	Err error // why it was not decided on; nil if it was
}

// Done counts the outcomes that succeeded.
func Done(all []Outcome) int {
	n := 0
	for _, o := range all {
		if o.Err == nil {
			n++
		}
	}
	return n
}

// DecideMany takes one decision on several devices, at most MaxMany, in one change:
// each as its page showed it, and those that cannot be decided on any more are left
// out and say why (see Decide). Devices out of scope are left out silently. It
// needs authz.DeviceDecide.
func (s *Service) DecideMany(ctx context.Context, a authz.Actor, seen []Seen, r approval.Ruling) ([]Outcome, error) {
	versions := map[id.Device]int{}
	for _, x := range seen[:min(len(seen), MaxMany)] {
		versions[x.ID] = x.Version
	}
	return s.decideMany(ctx, a, r, func(context.Context, *pg.Tx) ([]uuid.UUID, func(Device) int, error) {
		ids := make([]id.Device, 0, len(versions))
		for did := range versions {
			ids = append(ids, did)
		}
		return uuids(ids), func(d Device) int { return versions[d.ID] }, nil
	})
}

// Waiting is how many devices of an SBI wait, and when the newest of them was sent:
// what a page showed of them.
type Waiting struct {
	Count  int
	Newest *time.Time
}

// WaitingOf reads it. It shows all providers, so a scope that does not reach
// everybody finds nothing (security.md AUT-2).
func (s *Service) WaitingOf(ctx context.Context, scope authz.Scope, sid id.SBI) (Waiting, error) {
	if !scope.All {
		return Waiting{}, problem.ErrNotFound
	}
	return pg.One[Waiting](ctx, s.db.Read(), `
		select count(*)::integer as count, max(submitted_at) as newest
		from (select submitted_at from devices where sbi_id = @sbi and status = 'pending_approval' order by submitted_at limit @max) as oldest`,
		pg.Args{"sbi": sid, "max": MaxMany})
}

// DecideAllOf takes one decision on all devices of an SBI that wait and were sent
// until a moment: the newest that the actor's page showed, so that nothing is
// decided on unseen. It reaches MaxMany at most, the oldest. It needs
// authz.DeviceDecide; the outcomes are DecideMany's.
func (s *Service) DecideAllOf(ctx context.Context, a authz.Actor, sid id.SBI, until time.Time, r approval.Ruling) ([]Outcome, error) {
	return s.decideMany(ctx, a, r, func(ctx context.Context, tx *pg.Tx) ([]uuid.UUID, func(Device) int, error) {
		ids, err := pg.Values[uuid.UUID](ctx, tx, `
			select id from devices where sbi_id = @sbi and status = 'pending_approval' and submitted_at <= @until
			order by submitted_at, id limit @max`, pg.Args{"sbi": sid, "until": until, "max": MaxMany})
		return ids, func(d Device) int {
			if d.SBIID != sid || d.SubmittedAt.After(until) {
				return 0 // it was sent again while the lock was waited for
			}
			return d.Version
		}, err
	})
}

// decideMany decides on what pick finds: ids, and which version of each was seen.
func (s *Service) decideMany(ctx context.Context, a authz.Actor, r approval.Ruling,
	pick func(context.Context, *pg.Tx) ([]uuid.UUID, func(Device) int, error),
) ([]Outcome, error) {
	var outcomes []Outcome
	err := s.db.Change(ctx, a, authz.DeviceDecide, func(tx *pg.Tx) (audit.Event, error) {
		outcomes = nil // the transaction may run again
		ids, version, err := pick(ctx, tx)
		if err != nil {
			return audit.Event{}, err
		}
		all, err := hold(ctx, tx, a.Scope(), ids)
		if err != nil {
			return audit.Event{}, err
		}
		var good []Device
		for _, d := range all {
			o := Outcome{Device: d}
			if o.Err, err = refusal(s.judge(ctx, tx, a, d, version(d), r)); err != nil {
				return audit.Event{}, err
			}
			if o.Err == nil {
				good = append(good, d)
			}
			outcomes = append(outcomes, o)
		}
		if len(good) == 0 {
			return audit.Event{}, pg.ErrNothing
		}
		return rule(ctx, tx, a, r, good)
	})
	return settled(outcomes), change("decide on devices", err)
}

// refusal tells what concerns one device (why) from an error of the whole.
func refusal(err error) (why, whole error) {
	switch {
	case err == nil, errors.Is(err, problem.ErrConflict), errors.Is(err, approval.ErrOwn), errors.Is(err, approval.ErrReplayed):
		return err, nil
	}
	return nil, err
}

// settled makes a second click on the same button no failure.
func settled(all []Outcome) []Outcome {
	for i, o := range all {
		if errors.Is(o.Err, approval.ErrReplayed) {
			all[i].Err = nil
		}
	}
	return all
}
