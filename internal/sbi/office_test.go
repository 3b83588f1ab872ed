package sbi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
	"portal/internal/sbi"
)

// office is a portal with two admins and a Device Provider.
type office struct {
	*sbi.Service
	partnertest.World
	clock    *pgtest.Clock
	ada, bob authz.Actor // Partner Admins
	nadia    authz.Actor // of the provider
	provider partner.Partner
}

func newOffice(t testing.TB) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{Service: sbi.NewService(db, time.UTC), World: partnertest.World{T: t, DB: db}, clock: clock}
	o.ada, o.bob = o.Staff("Ada North", "en", authz.PartnerAdmin), o.Staff("Bob South", "en", authz.PartnerAdmin)
	o.provider = o.Active("Optic")
	o.nadia = partnertest.Person(o.provider)
	return o
}

// Active is a Device Provider that was admitted.
func (o *office) Active(organisation string) partner.Partner {
	o.T.Helper()
	p := o.Pending(organisation, id.PolicyGroup{})
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

// good is an SBI's form that can be saved.
func (o *office) good(version string) sbi.Input {
	day := func(years int) string { return o.Today().AddDate(years, 0, 0).Format(time.DateOnly) }
	return sbi.Input{ID: id.New[id.SBI](), Version: version, Hash: digits, CreatedOn: day(-1), ExpiresOn: day(2)}
}

func (o *office) now(sid id.SBI) sbi.SBI {
	o.T.Helper()
	x, err := o.SBI(o.T.Context(), o.nadia.Scope(), sid)
	o.must(err)
	return x
}

// draft is a new SBI of the provider.
func (o *office) draft(version string) sbi.SBI {
	o.T.Helper()
	in := o.good(version)
	o.must(o.Register(o.T.Context(), o.nadia, in))
	return o.now(in.ID)
}

// waiting is one that was sent.
func (o *office) waiting(version string) sbi.SBI {
	o.T.Helper()
	x := o.draft(version)
	o.must(o.Send(o.T.Context(), o.nadia, x.ID, x.Version))
	return o.now(x.ID)
}

// approved is one that counts.
func (o *office) approved(version string) sbi.SBI {
	o.T.Helper()
	x := o.waiting(version)
	o.must(o.Approve(o.T.Context(), o.ada, x.ID, x.Version))
	return o.now(x.ID)
}

// end deactivates, as who may end an SBI with its devices does it.
func (o *office) end(a authz.Actor, x sbi.SBI, version int) error {
	return o.tx(a, authz.SBIDeactivate, x.ID, func(ctx context.Context, tx *pg.Tx, x sbi.SBI) (audit.Event, error) {
		if err := x.Ready(version, approval.Deactivated); err != nil {
			return audit.Event{}, err
		}
		return sbi.End(ctx, tx, a, x, "A flaw")
	})
}

// back gives one back.
func (o *office) back(a authz.Actor, x sbi.SBI, version int) error {
	return o.tx(a, authz.SBIDecide, x.ID, func(ctx context.Context, tx *pg.Tx, x sbi.SBI) (audit.Event, error) {
		if err := x.Ready(version, approval.Approved); err != nil {
			return audit.Event{}, err
		}
		return sbi.Return(ctx, tx, a, x, "Settled")
	})
}

func (o *office) tx(a authz.Actor, p authz.Permission, sid id.SBI, do func(context.Context, *pg.Tx, sbi.SBI) (audit.Event, error)) error {
	ctx := o.T.Context()
	err := o.DB.Change(ctx, a, p, func(tx *pg.Tx) (audit.Event, error) {
		x, err := sbi.Hold(ctx, tx, a.Scope(), sid, "for update")
		if err != nil {
			return audit.Event{}, err
		}
		return do(ctx, tx, x)
	})
	if errors.Is(err, approval.ErrReplayed) {
		return nil
	}
	return err
}

// in puts an SBI into a state by the ways that lead there.
func (o *office) in(s approval.Status, version string) sbi.SBI {
	o.T.Helper()
	ctx := o.T.Context()
	switch s {
	case approval.Draft:
		return o.draft(version)
	case approval.PendingApproval:
		return o.waiting(version)
	case approval.Approved:
		return o.approved(version)
	case approval.Deactivated:
		x := o.approved(version)
		o.must(o.end(o.nadia, x, x.Version))
		return o.now(x.ID)
	default:
	}
	x := o.waiting(version)
	switch s {
	case approval.ChangesRequested:
		o.must(o.RequestChanges(ctx, o.ada, x.ID, x.Version, []approval.Line{{Field: sbi.FieldHash, Message: "Of the release, please"}}, ""))
	case approval.Rejected:
		o.must(o.Reject(ctx, o.ada, x.ID, x.Version, "No"))
	case approval.Withdrawn:
		o.must(o.Withdraw(ctx, o.nadia, x.ID, x.Version))
	default:
		o.T.Fatalf("no way leads to %s", s)
	}
	return o.now(x.ID)
}

// actions are what the log tells of an SBI, oldest first.
func (o *office) actions(sid id.SBI) string {
	o.T.Helper()
	all, err := pg.Values[string](o.T.Context(), o.DB.Read(), `select action from audit_log where subject_kind = 'sbi' and subject_id = @id order by seq`, pg.Args{"id": sid.String()})
	o.must(err)
	return strings.Join(all, " ")
}

// mails are the kinds of mails to an address, oldest first.
func (o *office) mails(to authz.Actor) string {
	o.T.Helper()
	all, err := pg.Values[string](o.T.Context(), o.DB.Read(), `select kind from mail_outbox where recipient = @to order by created_at, id`, pg.Args{"to": to.Email})
	o.must(err)
	return strings.Join(all, " ")
}

func text1(v any) string { return fmt.Sprint(v) }

// key is the message of a conflict, or the first wrong field and its message.
func key(err error) string {
	var conflict *problem.ConflictError
	var invalid *problem.InvalidError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &conflict):
		return conflict.Key
	case errors.As(err, &invalid):
		return invalid.Fields[0].Name + " " + invalid.Fields[0].Key
	}
	return err.Error()
}
