package ftmchip_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/certificate"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

// office is a portal with two Partner Admins, two FTM Providers and an authority
// that is trusted for them.
type office struct {
	partnertest.World
	*ftmchip.Service
	clock       *pgtest.Clock
	certs       *certificate.Service
	ada, bob    authz.Actor
	acme, other authz.Actor // people of two providers
	root        certmake.Holder
	rootID      id.CACertificate
	made        int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	certs := certificate.NewService(db, 335, true)
	o := &office{World: partnertest.World{T: t, DB: db}, Service: ftmchip.NewService(db, certs), clock: clock, certs: certs}
	o.ada, o.bob = o.Staff("Ada Admin", "en", authz.PartnerAdmin), o.Staff("Bob Admin", "fr", authz.PartnerAdmin)
	o.acme, o.other = o.provider("Acme"), o.provider("Other")
	o.root, o.rootID = o.trusted("Trust")
	return o
}

// provider is a person of an active FTM Provider.
func (o *office) provider(name string) authz.Actor {
	o.T.Helper()
	p := o.Pending(name, id.PolicyGroup{}, func(a *partner.Answers) { a.Type = authz.FTMProvider })
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return partnertest.Person(o.Load(p.ID))
}

// trusted is a root in use for FTM chips.
func (o *office) trusted(name string) (certmake.Holder, id.CACertificate) {
	o.T.Helper()
	root, err := certmake.Root(name, o.years(-1), o.years(9))
	o.must(err)
	done, err := o.certs.ProposeCAs(context.Background(), o.ada, certdoc.FTM, certdoc.PEM(root.Cert.Raw))
	o.must(err)
	return root, done[0].ID
}

func (o *office) years(n int) time.Time { return o.clock.Now().AddDate(n, 0, 0) }

func (o *office) must(err error) {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
}

// leaf is a good certificate of Acme, as a file.
func (o *office) leaf(changes ...certmake.Change) []byte { return o.leafOf("Acme", changes...) }

func (o *office) leafOf(organisation string, changes ...certmake.Change) []byte {
	o.T.Helper()
	h, err := o.root.Leaf(organisation, o.clock.Now().Add(-time.Hour), o.years(2), changes...)
	o.must(err)
	return certdoc.PEM(h.Cert.Raw)
}

// registered is a chip without a certificate.
func (o *office) registered(a authz.Actor) ftmchip.Standing {
	o.T.Helper()
	o.made++
	in := ftmchip.Input{ID: id.New[id.FTMChip](), Make: "Secura", Model: fmt.Sprint("S", o.made)}
	o.must(o.Register(context.Background(), a, in))
	return o.now(in.ID)
}

// now is a chip as it stands.
func (o *office) now(cid id.FTMChip) ftmchip.Standing {
	o.T.Helper()
	st, err := o.Standing(context.Background(), authz.Scope{All: true}, cid)
	o.must(err)
	return st
}

// sent is a chip of Acme that waits for a decision.
func (o *office) sent() ftmchip.Standing {
	o.T.Helper()
	st := o.registered(o.acme)
	o.upload(st, o.leaf())
	return o.now(st.ID)
}

// upload sends a certificate for a chip of Acme.
func (o *office) upload(st ftmchip.Standing, file []byte) {
	o.T.Helper()
	_, err := o.Upload(context.Background(), o.acme, st.ID, st.Version, file)
	o.must(err)
	o.clock.Advance(time.Minute)
}

// approved is a chip of Acme in service.
func (o *office) approved() ftmchip.Standing {
	o.T.Helper()
	st := o.sent()
	o.must(o.Decide(context.Background(), o.ada, st.ID, st.Version, approval.Approve()))
	return o.now(st.ID)
}

// renewing is an approved chip with a new certificate that waits.
func (o *office) renewing() ftmchip.Standing {
	o.T.Helper()
	st := o.approved()
	o.upload(st, o.leaf())
	return o.now(st.ID)
}

// in is a chip of Acme in a state.
func (o *office) in(s approval.Status) ftmchip.Standing {
	o.T.Helper()
	ctx := context.Background()
	var st ftmchip.Standing
	switch s {
	case approval.PendingCertificate:
		return o.registered(o.acme)
	case approval.Approved:
		return o.approved()
	case approval.Deactivated:
		st = o.approved()
		o.must(o.Deactivate(ctx, o.ada, st.ID, st.Version, "No longer made."))
	default:
		st = o.sent()
	}
	switch s { //nolint:exhaustive // the others are done
	case approval.ChangesRequested:
		o.must(o.RequestChanges(ctx, o.ada, st.ID, st.Version, nil, "Look again."))
	case approval.Rejected:
		o.must(o.Reject(ctx, o.ada, st.ID, st.Version, "Unknown."))
	case approval.Withdrawn:
		o.must(o.Withdraw(ctx, o.acme, st.ID, st.Version))
	}
	return o.now(st.ID)
}

// picture is a chip in one line: state, submission, its certificates from the oldest.
func (o *office) picture(cid id.FTMChip) string {
	st := o.now(cid)
	var certs []string
	for _, c := range st.Held {
		certs = append([]string{string(c.Status)}, certs...)
	}
	return fmt.Sprintf("%s s%d: %s", st.Status, st.Submission, strings.Join(certs, " "))
}

func (o *office) want(cid id.FTMChip, picture string) {
	o.T.Helper()
	if got := o.picture(cid); got != picture {
		o.T.Errorf("%s, want %s", got, picture)
	}
}

// written counts what changes leave behind: audit events, mails, events for other
// systems.
func (o *office) written() [3]int {
	o.T.Helper()
	return [3]int{o.Count("audit_log where result = 'done'"), o.Count("mail_outbox"), o.Count("webhook_events")}
}

// left fails unless exactly so much was written since before.
func (o *office) left(what string, before [3]int, audit, mails, events int) {
	o.T.Helper()
	now := o.written()
	if got, want := [3]int{now[0] - before[0], now[1] - before[1], now[2] - before[2]}, [3]int{audit, mails, events}; got != want {
		o.T.Errorf("%s: audit, mails, events: %v, want %v", what, got, want)
	}
}

// counts reports whether a chip counts now.
func (o *office) counts(cid id.FTMChip) bool {
	o.T.Helper()
	ok, err := ftmchip.Counting(context.Background(), o.DB.Read(), cid, o.DB.Now())
	o.must(err)
	return ok
}

// atOnce runs n functions that all start at the same moment, over warm
// connections.
func (o *office) atOnce(n int, fn func(i int) error) []error {
	o.T.Helper()
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			_ = o.DB.Housekeep(context.Background(), "warm up", func(*pg.Tx) error { return nil })
			ready.Done()
			<-start
			errs[i] = fn(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

func conflict(err error) string {
	var c *problem.ConflictError
	if errors.As(err, &c) {
		return c.Key
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// wrong is the input that an error names.
func wrong(err error) string {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Fields[0].Name
	}
	return fmt.Sprint(err)
}

// failed are the checks that a certificate did not pass.
func failed(err error) string {
	var rejected *ftmchip.RejectedError
	if !errors.As(err, &rejected) {
		return fmt.Sprint(err)
	}
	var names []string
	for _, c := range rejected.Preview.Failures() {
		names = append(names, c.ReasonKey)
	}
	return strings.Join(names, " ")
}
