package certificate

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/certdoc/certmake"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

func outcomes(all []Proposal) string {
	var out []string
	for _, p := range all {
		out = append(out, string(p.Outcome))
	}
	return strings.Join(out, " ")
}

func TestStatesEqualTheConstraint(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	def, err := pg.Value[string](t.Context(), o.DB.Read(), `select pg_get_constraintdef(oid) from pg_constraint where conname = 'ca_certificates_status_check'`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var words []CAStatus
	for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(def, -1) {
		words = append(words, CAStatus(m[1]))
	}
	slices.Sort(words)
	if diff := cmp.Diff(CAStatuses.All(), words); diff != "" {
		t.Error(diff)
	}
}

func TestAUT6ARootNeedsTwo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.written()
	all := o.propose(o.ada, certdoc.Auth, o.middle, o.root)
	if got := outcomes(all); got != "waits_for waits" {
		t.Fatal(got)
	}
	o.left(before, 2, 1, 0) // Eva is told of the root
	middle, root := all[0].ID, all[1].ID
	if got := conflict(o.s.ConfirmCA(t.Context(), o.ada, root, 1)); got != "trust_store.conflict.own" {
		t.Errorf("alone: %s", got)
	}
	if got := conflict(o.s.ConfirmCA(t.Context(), o.eva, middle, 1)); got != "trust_store.conflict.not_good" {
		t.Errorf("an intermediate before its root: %s", got)
	}
	// The table says so as well, whatever a program may try.
	err := o.DB.Housekeep(t.Context(), "try", func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `update ca_certificates set status = 'in_use', decided_by = proposed_by, decided_at = now() where kind = 'root'`, nil)
		return err
	})
	if !pg.Violates(err, "ca_certificates_four_eyes_check") {
		t.Errorf("by SQL alone: %v", err)
	}
	before = o.written()
	for range 2 { // a second click is no error
		if err := o.s.ConfirmCA(t.Context(), o.eva, root, 1); err != nil {
			t.Fatal(err)
		}
	}
	o.left(before, 2, 1, 2) // both are in use; Ada is told
	if a, b := o.ca(root), o.ca(middle); a.Status != InUse || b.Status != InUse || a.DecidedName != "Eva Second" || a.Version != 2 {
		t.Errorf("%+v\n%+v", a, b)
	}
	if got := outcomes(o.propose(o.eva, certdoc.Auth, o.root, o.middle)); got != "exists exists" {
		t.Errorf("sent again: %s", got)
	}
	if got := outcomes(o.propose(o.eva, certdoc.Device, o.root)); got != "waits" {
		t.Errorf("for another domain: %s", got)
	}
}

func TestOneAdminOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.s = NewService(o.DB, 335, true)
	before := o.written()
	all := o.propose(o.ada, certdoc.FTM, o.root, o.middle)
	if got := outcomes(all); got != "taken taken" {
		t.Error(got)
	}
	o.left(before, 2, 0, 2)
	if err := o.s.TakeOutCA(t.Context(), o.ada, all[0].ID, 1, "A test"); err != nil {
		t.Fatal(err)
	}
	if err := o.s.RestoreCA(t.Context(), o.ada, all[0].ID, 2); err != nil || o.ca(all[0].ID).Status != InUse {
		t.Errorf("%v %s", err, o.ca(all[0].ID).Status)
	}
}

func TestUploadsSayWhatBecomesOfEach(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	root, _ := o.trusted()
	stranger := o.made(o.made(certmake.Root("Elsewhere", o.years(-1), o.years(9))).Intermediate("Elsewhere", o.years(-1), o.years(8)))
	expired := o.made(certmake.Root("Old", o.years(-9), o.years(-1)))
	second := o.made(o.root.Intermediate("Second", o.years(-1), o.years(8)))
	file := pem(o.root, stranger, expired, second)
	before := o.written()
	preview, err := o.s.PreviewCAs(t.Context(), certdoc.Auth, file)
	if err != nil || outcomes(preview) != "exists not_taken not_taken taken" || preview[0].ID != root {
		t.Errorf("%v %s", err, outcomes(preview))
	}
	o.left(before, 0, 0, 0)
	done, err := o.s.ProposeCAs(t.Context(), o.ada, certdoc.Auth, file)
	if err != nil || outcomes(done) != outcomes(preview) {
		t.Errorf("%v %s", err, outcomes(done))
	}
	o.left(before, 1, 0, 1)
	if all, err := o.s.ProposeCAs(t.Context(), o.ada, certdoc.Auth, pem(expired)); err != nil || outcomes(all) != "not_taken" {
		t.Errorf("%v %s", err, outcomes(all))
	}
	var refusal *certdoc.RefusalError
	if _, err := o.s.ProposeCAs(t.Context(), o.ada, certdoc.Auth, []byte("x")); !errors.As(err, &refusal) {
		t.Errorf("no certificate: %v", err)
	}
	var invalid *problem.InvalidError
	if _, err := o.s.PreviewCAs(t.Context(), "MISP", file); !errors.As(err, &invalid) || invalid.Fields[0].Name != "domain" {
		t.Errorf("no domain: %v", err)
	}
}

func TestCATakenOutOrphansWhatHangsOnIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	root, middle := o.trusted()
	leaf := o.accepted(o.leaf())
	shown, total, _, err := o.s.Orphans(t.Context(), root, 10)
	if err != nil || total != 1 || len(shown) != 1 || shown[0].Organisation != "Acme" || shown[0].ID != leaf {
		t.Fatalf("%v %d %+v", err, total, shown)
	}
	before := o.written()
	for range 2 {
		if err := o.s.TakeOutCA(t.Context(), o.ada, root, 2, "Its key was stolen"); err != nil {
			t.Fatal(err)
		}
	}
	o.left(before, 1, 1, 1) // Acme is told
	if got := o.states(); got != "orphaned" || !id.IsZero(o.counting()) {
		t.Errorf("%s, counting %s", got, o.counting())
	}
	if _, total, _, _ := o.s.Orphans(t.Context(), middle, 10); total != 0 {
		t.Errorf("%d would be orphaned once more", total)
	}
	if got := conflict(o.s.TakeOutCA(t.Context(), o.eva, root, 2, "Its key was stolen")); got != "trust_store.conflict.out_of_use" {
		t.Errorf("somebody else, later: %s", got)
	}
	// Trusting it again takes two again.
	if err := o.s.RestoreCA(t.Context(), o.ada, root, 3); err != nil {
		t.Fatal(err)
	}
	if got := conflict(o.s.ConfirmCA(t.Context(), o.ada, root, 4)); got != "trust_store.conflict.own" {
		t.Errorf("restored alone: %s", got)
	}
	if o.states() != "orphaned" {
		t.Error("it counts before a second person agreed")
	}
	if err := o.s.ConfirmCA(t.Context(), o.eva, root, 4); err != nil {
		t.Fatal(err)
	}
	if got := o.states(); got != "counts" {
		t.Error(got)
	}
}

func TestRefusedRootIsToldAndCanComeBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	all := o.propose(o.ada, certdoc.Auth, o.root)
	before := o.written()
	if err := o.s.RefuseCA(t.Context(), o.eva, all[0].ID, 1, "Not the one they sent us"); err != nil {
		t.Fatal(err)
	}
	o.left(before, 1, 1, 0)
	if ca := o.ca(all[0].ID); ca.Status != Refused || ca.Reason != "Not the one they sent us" || ca.DecidedName != "Eva Second" {
		t.Errorf("%+v", ca)
	}
	if err := o.s.RestoreCA(t.Context(), o.eva, all[0].ID, 2); err != nil || o.ca(all[0].ID).Status != Waiting {
		t.Errorf("%v %s", err, o.ca(all[0].ID).Status)
	}
	if err := o.s.RefuseCA(t.Context(), o.eva, all[0].ID, 3, "Changed my mind"); err != nil {
		t.Errorf("one's own proposal: %v", err)
	}
	for _, reason := range []string{" ", strings.Repeat("x", MaxReason+1), "a\x00b"} {
		var invalid *problem.InvalidError
		if err := o.s.RefuseCA(t.Context(), o.eva, all[0].ID, 3, reason); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", reason, err)
		}
	}
}

func TestAUT1OnlyPartnerAdminsTrust(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	root, _ := o.trusted()
	for _, a := range []authz.Actor{o.person, {Roles: []authz.Role{authz.PolicyManager}}, {}} {
		_, err := o.s.ProposeCAs(t.Context(), a, certdoc.Auth, pem(o.root))
		for _, err := range []error{
			err, o.s.ConfirmCA(t.Context(), a, root, 2), o.s.RefuseCA(t.Context(), a, root, 2, ""),
			o.s.TakeOutCA(t.Context(), a, root, 2, ""), o.s.RestoreCA(t.Context(), a, root, 2),
		} {
			if !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%v: %v", a.Roles, err)
			}
		}
	}
	if got := o.Count("audit_log where result = 'denied'"); got != 15 {
		t.Errorf("%d refusals are recorded", got)
	}
	if err := o.s.ConfirmCA(t.Context(), o.ada, id.New[id.CACertificate](), 1); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no such certificate: %v", err)
	}
}

// If any part of a decision cannot be written, none is.
func TestFailingPartUndoesTheDecision(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"mail_outbox", "webhook_events", "audit_log"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			root, _ := o.trusted()
			o.accepted(o.leaf())
			o.Exec(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$`, nil)
			o.Exec(`create trigger planted before insert on `+table+` for each row execute function refuse()`, nil)
			before := o.written()
			err := o.s.TakeOutCA(t.Context(), o.ada, root, 2, "Stolen")
			if err == nil || !strings.Contains(err.Error(), "planted") || o.ca(root).Status != InUse || o.states() != "counts" {
				t.Errorf("%v, %s, %s", err, o.ca(root).Status, o.states())
			}
			_, err = o.s.Accept(t.Context(), o.person, pem(o.leaf()))
			if err == nil || !strings.Contains(err.Error(), "planted") || o.Count("partner_certificates") != 1 {
				t.Errorf("%v", err)
			}
			o.left(before, 0, 0, 0)
		})
	}
}

// Many admins press at the same moment: one decides, the others are told.
func TestCON2DecisionsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const n = 8
	admins := make([]authz.Actor, n)
	for i := range admins {
		admins[i] = o.Staff(fmt.Sprintf("Admin N%d", i), "en", authz.PartnerAdmin)
	}
	all := make([][]Proposal, n)
	for _, err := range o.atOnce(n, func(i int) (err error) {
		all[i], err = o.s.ProposeCAs(t.Context(), admins[i], certdoc.Auth, pem(o.root, o.middle))
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := o.Count("ca_certificates"); got != 2 {
		t.Fatalf("%d certificates stand in the store", got)
	}
	root := all[0][0].ID
	before := o.written()
	won := 0
	for i, err := range o.atOnce(n, func(i int) error {
		if i%2 == 0 {
			return o.s.RefuseCA(t.Context(), o.eva, root, 1, fmt.Sprint("No ", i))
		}
		return o.s.ConfirmCA(t.Context(), o.ada, root, 1)
	}) {
		// One and the same person who confirms four times is one decision.
		if err == nil && i%2 == 0 {
			won++
		}
		if err != nil && !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	switch ca := o.ca(root); {
	case ca.Status == InUse && won == 0:
		o.left(before, 2, 1, 2)
	case ca.Status == Refused && won == 1:
		o.left(before, 1, 1, 0)
	default:
		t.Errorf("%s after %d refusals", ca.Status, won)
	}
}

func TestTrustStoreIsFilteredAndSorted(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.trusted()
	soon := o.made(o.root.Intermediate("Soon", o.years(-1), o.clock.Now().AddDate(0, 0, 340)))
	o.propose(o.ada, certdoc.Auth, soon)
	o.propose(o.ada, certdoc.Device, o.root)
	for query, want := range map[string]string{
		"":                      "Soon Trust Trust Trust",
		"domain=AUTH":           "Soon Trust Trust",
		"domain=DEVICE":         "Trust",
		"kind=root&status=":     "Trust Trust",
		"status=waiting":        "Trust",
		"subject=soon":          "Soon",
		"issuer=CN%3DTrust":     "Soon Trust Trust Trust",
		"within=350":            "Soon",
		"within=30":             "",
		"within=x":              "",
		"within=99999999999":    "",
		"domain=NO&kind=%27":    "",
		"sort=-ends&status=":    "Trust Trust Trust Soon",
		"subject=%25&sort=nope": "",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		p, err := o.s.TrustStore(authz.Scope{All: true}, TrustList.Parse(v)).Page(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, ca := range p.Items {
			_, name, _ := strings.Cut(ca.Subject, "O=")
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
