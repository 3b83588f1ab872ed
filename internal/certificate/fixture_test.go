package certificate

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

// office is a portal with two Partner Admins, an Authentication Partner and an
// authority outside of it.
type office struct {
	partnertest.World
	clock        *pgtest.Clock
	s            *Service
	ada, eva     authz.Actor
	acme         partner.Partner
	person       authz.Actor // of acme
	root, middle certmake.Holder
}

func newOffice(t *testing.T) *office {
	t.Helper()
	db, clock := pgtest.NewWithClock(t)
	o := &office{World: partnertest.World{T: t, DB: db}, clock: clock, s: NewService(db, 335, false)}
	o.ada, o.eva = o.Staff("Ada Admin", "en", authz.PartnerAdmin), o.Staff("Eva Second", "fr", authz.PartnerAdmin)
	o.acme = o.partner("Acme")
	o.person = partnertest.Person(o.acme)
	o.root = o.made(certmake.Root("Trust", o.years(-1), o.years(9)))
	o.middle = o.made(o.root.Intermediate("Trust", o.years(-1), o.years(8)))
	return o
}

// partner is an active Authentication Partner.
func (o *office) partner(name string) partner.Partner {
	o.T.Helper()
	p := o.Pending(name, o.Group("Group of "+name))
	o.Exec(`update partners set status = 'active' where id = @id`, pg.Args{"id": p.ID})
	return o.Load(p.ID)
}

func (o *office) years(n int) time.Time { return o.clock.Now().AddDate(n, 0, 0) }

func (o *office) made(h certmake.Holder, err error) certmake.Holder {
	o.T.Helper()
	if err != nil {
		o.T.Fatal(err)
	}
	return h
}

func pem(holders ...certmake.Holder) []byte {
	var b strings.Builder
	for _, h := range holders {
		b.Write(certdoc.PEM(h.Cert.Raw))
	}
	return []byte(b.String())
}

// propose sends certificates to the trust store and returns what became of each.
func (o *office) propose(a authz.Actor, domain string, holders ...certmake.Holder) []Proposal {
	o.T.Helper()
	all, err := o.s.ProposeCAs(o.T.Context(), a, domain, pem(holders...))
	if err != nil {
		o.T.Fatal(err)
	}
	return all
}

// trusted takes root and intermediate of the office into use and returns their
// ids.
func (o *office) trusted() (root, middle id.CACertificate) {
	o.T.Helper()
	all := o.propose(o.ada, certdoc.Auth, o.root, o.middle)
	if err := o.s.ConfirmCA(o.T.Context(), o.eva, all[0].ID, 1); err != nil {
		o.T.Fatal(err)
	}
	return all[0].ID, all[1].ID
}

func (o *office) ca(cid id.CACertificate) FullCA {
	o.T.Helper()
	ca, err := o.s.CA(context.Background(), cid)
	if err != nil {
		o.T.Fatal(err)
	}
	return ca
}

// leaf is a good certificate of acme.
func (o *office) leaf(changes ...certmake.Change) certmake.Holder {
	o.T.Helper()
	return o.made(o.middle.Leaf("Acme", o.clock.Now().Add(-time.Hour), o.years(2), changes...))
}

// accepted sends a certificate as acme.
func (o *office) accepted(h certmake.Holder) id.Certificate {
	o.T.Helper()
	done, err := o.s.Accept(o.T.Context(), o.person, pem(h))
	if err != nil {
		o.T.Fatal(err)
	}
	o.clock.Advance(time.Minute)
	return done.ID
}

// states are how acme's certificates stand, newest first.
func (o *office) states() string {
	o.T.Helper()
	p, err := o.s.Certificates(o.person.Scope(), List.Parse(nil)).Page(context.Background())
	if err != nil {
		o.T.Fatal(err)
	}
	var out []string
	for _, r := range p.Items {
		out = append(out, string(r.State))
	}
	return strings.Join(out, " ")
}

// counting is the certificate that counts for acme; zero for none.
func (o *office) counting() id.Certificate {
	o.T.Helper()
	c, err := Counting(context.Background(), o.DB.Read(), o.acme.ID, o.DB.Now())
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		o.T.Fatal(err)
	}
	return c.ID
}

// written counts what changes leave behind: audit events, mails, events for other
// systems.
func (o *office) written() [3]int {
	o.T.Helper()
	return [3]int{o.Count("audit_log where result = 'done'"), o.Count("mail_outbox"), o.Count("webhook_events")}
}

// left fails unless exactly so much was written since before.
func (o *office) left(before [3]int, audit, mails, events int) {
	o.T.Helper()
	now := o.written()
	if got, want := [3]int{now[0] - before[0], now[1] - before[1], now[2] - before[2]}, [3]int{audit, mails, events}; got != want {
		o.T.Errorf("audit, mails, events: %v, want %v", got, want)
	}
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
