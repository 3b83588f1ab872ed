package partner

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

const testPassword = "seven quiet otters paint fences"

// desk is the place where visitors register.
type desk struct {
	*office
	keys    secret.Keys
	codes   code.Codes
	proofs  *challenge.Engine
	regs    *Registrations
	visitor authz.Actor
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	o := newOffice(t)
	keys := secret.RandomKeys()
	codes := code.New(keys)
	proofs := challenge.New(o.db, codes)
	return &desk{
		office: o, keys: keys, codes: codes, proofs: proofs, visitor: authz.VisitorAt(netip.MustParseAddr("192.0.2.1"), "req"),
		regs: NewRegistrations(o.db, keys, password.NewHasher(keys, password.NewGate()), proofs).WithTerms("2026-11"),
	}
}

func (k *desk) answers(n int) Answers {
	return Answers{
		Type: authz.AuthPartner, Purpose: "Verify customers", Organisation: fmt.Sprintf("Acme %d Secret Ltd", n),
		PublicID: fmt.Sprintf("acme-%d", n), Address: "1 Main Street\nTown", FirstName: "Ann", LastName: "Other",
		Email: fmt.Sprintf("ann%d@example.org", n), Phone: "+33 123456789", PolicyGroupID: k.telecom.String(), Lang: "fr",
	}
}

// fill answers every step and returns the browser's token.
func (k *desk) fill(a Answers) string {
	k.t.Helper()
	token := ""
	for _, s := range Steps {
		if s == StepGroup && !UsesPolicies(a.Type) {
			continue
		}
		token = k.save(token, s, a)
	}
	return token
}

func (k *desk) save(token string, s Step, a Answers) string {
	k.t.Helper()
	_, token, err := k.regs.Save(k.t.Context(), token, s, Input{Answers: a, Password: testPassword, Consent: true})
	if err != nil {
		k.t.Fatalf("step %s: %v", s, err)
	}
	return token
}

// send asks for a code and returns its challenge.
func (k *desk) send(token string) id.Challenge {
	k.t.Helper()
	if sent, err := k.regs.Send(k.t.Context(), k.visitor, token); err != nil || sent {
		k.t.Fatalf("Send = %v, %v", sent, err)
	}
	return k.draft(token).challenge
}

func (k *desk) draft(token string) Draft {
	k.t.Helper()
	d, err := k.regs.Draft(k.t.Context(), token)
	if err != nil {
		k.t.Fatal(err)
	}
	return d
}

func (k *desk) rightCode(cid id.Challenge) string {
	k.t.Helper()
	st, err := k.proofs.State(k.t.Context(), cid)
	if err != nil {
		k.t.Fatal(err)
	}
	return k.codes.Code(cid.UUID, st.Sends)
}

func (k *desk) wrongCode(cid id.Challenge) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, k.rightCode(cid))
}

func (k *desk) confirm(token, typed string) challenge.Outcome {
	k.t.Helper()
	res, err := k.regs.Confirm(k.t.Context(), k.visitor, token, typed)
	if err != nil {
		k.t.Fatalf("Confirm: %v", err)
	}
	return res.Outcome
}

// register goes all the way.
func (k *desk) register(a Answers) {
	k.t.Helper()
	token := k.fill(a)
	if got := k.confirm(token, k.rightCode(k.send(token))); got != challenge.OK {
		k.t.Fatalf("Confirm = %s", got)
	}
}

func (k *desk) wantCount(sql string, want int) {
	k.t.Helper()
	if got := k.count(sql); got != want {
		k.t.Errorf("%d rows of %s, want %d", got, sql, want)
	}
}

// text is everything that the database holds in some columns.
func (k *desk) text(sql string) string {
	k.t.Helper()
	s, err := pg.Value[string](k.t.Context(), k.db.Read(), "select coalesce(string_agg(x, ' '), '') from ("+sql+") as t (x)", pg.Args{})
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

func invalidField(err error) string {
	var invalid *problem.InvalidError
	if errors.As(err, &invalid) && len(invalid.Fields) == 1 {
		return invalid.Fields[0].Name + " " + invalid.Fields[0].Key
	}
	return fmt.Sprint(err)
}

func TestRegistrationMakesPartnerAccountSubmissionEventAndMails(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	before := k.count("audit_log")
	token := k.fill(a)
	cid := k.send(token)
	k.clock.Advance(time.Minute)
	if got := k.confirm(token, k.rightCode(cid)); got != challenge.OK {
		t.Fatalf("Confirm = %s", got)
	}
	pid, err := pg.Value[id.Partner](t.Context(), k.db.Read(), `select id from partners where public_id = 'acme-1'`, pg.Args{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := k.s.Partner(t.Context(), authz.Scope{All: true}, pid)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, p.Answers()); diff != "" {
		t.Errorf("answers differ (-typed +stored):\n%s", diff)
	}
	if p.Status != PendingApproval || p.Submission != 1 || p.Version != 1 || p.TermsVersion != "2026-11" || p.ConsentedAt.IsZero() ||
		!p.AddressVerifiedAt.Equal(k.db.Now()) || !p.SubmittedAt.Equal(k.db.Now()) || p.EmailDomain != "example.org" {
		t.Errorf("partner: %+v", p)
	}
	k.wantCount("partner_submissions where number = 1", 1)
	k.wantCount("users where owner and status = 'active' and password like '$argon2id$%' and lang = 'fr'", 1)
	k.wantCount("mail_outbox where kind = 'registration_received' and recipient = 'ann1@example.org' and lang = 'fr'", 1)
	k.wantCount("mail_outbox where kind = 'registration_waiting' and lang = 'fr'", 1)
	k.wantCount("challenges where consumed_at is not null", 1)
	got := k.text(`select action || ':' || result || ':' || actor_role from audit_log order by seq offset ` + fmt.Sprint(before))
	if want := "registration.address_verified:done:VISITOR registration.sent:done:VISITOR"; got != want {
		t.Errorf("audit: %q, want %q", got, want)
	}
	if trail := k.text(`select detail || subject_name from audit_log`); strings.Contains(trail, a.Email) || strings.Contains(trail, "Main Street") || strings.Contains(trail, "123456789") {
		t.Errorf("the audit log holds what it may not: %s", trail)
	}
	d := k.draft(token)
	if d.Receipt == nil || d.Answers != (Answers{}) || d.Password != "" {
		t.Errorf("the draft keeps more than a receipt: %+v", d)
	}
	if got := k.confirm(token, "000000"); got != challenge.OK {
		t.Errorf("the form sent again: %s", got)
	}
	if sent, err := k.regs.Send(t.Context(), k.visitor, token); !sent || err != nil {
		t.Errorf("sent again: %v, %v", sent, err)
	}
	k.wantCount("users where owner", 1)
}

func TestRegistrationOfTypesWithoutPolicies(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	a.Type, a.PublicID = authz.DeviceProvider, ""
	k.register(a)
	k.wantCount("partners where policy_group_id is null and type = 'DEVICE_PROVIDER' and public_id = 'Acme-1-Secret-Ltd'", 1)
	b := k.answers(1)
	b.Type, b.PublicID, b.Email = authz.FTMProvider, "", "bob@example.org"
	k.register(b)
	k.wantCount("partners where public_id = 'Acme-1-Secret-Ltd-2'", 1)
}

func TestChangingTheTypeAsksForTheGroupAgain(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	token := k.fill(a)
	for _, c := range []struct {
		to   authz.Role
		next Step
	}{{authz.CredentialPartner, ""}, {authz.DeviceProvider, ""}, {authz.AuthPartner, StepGroup}} {
		a.Type = c.to
		k.save(token, StepType, a)
		if d := k.draft(token); d.Next() != c.next || d.After(StepType) != c.next && c.next == "" {
			t.Errorf("changed to %s: next is %q, want %q", c.to, d.Next(), c.next)
		}
	}
	if _, err := k.regs.Send(t.Context(), k.visitor, token); err == nil || err.Error() != "registration incomplete: group" {
		t.Errorf("sent without a group: %v", err)
	}
}

func TestStepsSavedAtOnceKeepEachOther(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	a := k.answers(1)
	token := k.save("", StepType, a)
	done := make(chan error)
	steps := []Step{StepPurpose, StepOrganisation, StepContact, StepGroup, StepLanguage, StepPassword, StepConsent}
	for _, s := range steps {
		go func() {
			_, _, err := k.regs.Save(t.Context(), token, s, Input{Answers: a, Password: testPassword, Consent: true})
			done <- err
		}()
	}
	for range steps {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if d := k.draft(token); d.Next() != "" || d.Answers != a {
		t.Errorf("lost an answer: next %q, %+v", d.Next(), d.Answers)
	}
}

func TestStepsRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	k.register(k.answers(1))
	k.exec(`update policy_groups set status = 'deactivated' where id = @id`, pg.Args{"id": k.banking})
	for name, c := range map[string]struct {
		step Step
		in   func(*Input)
		want string
	}{
		"no type":              {StepType, func(in *Input) { in.Answers.Type = "" }, "type problem.choose"},
		"AUT-7 staff type":     {StepType, func(in *Input) { in.Answers.Type = authz.PartnerAdmin }, "type problem.choose"},
		"long purpose":         {StepPurpose, func(in *Input) { in.Answers.Purpose = strings.Repeat("é", MaxPurpose+1) }, "purpose problem.too_long"},
		"NUL":                  {StepPurpose, func(in *Input) { in.Answers.Purpose = "a\x00b" }, "purpose problem.bad_characters"},
		"taken ID":             {StepOrganisation, func(in *Input) { in.Answers.PublicID = "ACME-1" }, "public_id partner.problem.public_id_taken"},
		"odd ID":               {StepOrganisation, func(in *Input) { in.Answers.PublicID = "a b" }, "public_id partner.problem.public_id"},
		"nothing at all":       {StepOrganisation, func(in *Input) { in.Answers.Organisation, in.Answers.PublicID = " ", "" }, "organisation problem.required"},
		"no ID to propose":     {StepOrganisation, func(in *Input) { in.Answers.PublicID, in.Answers.Organisation = "", "مؤسسة" }, "public_id problem.required"},
		"display name":         {StepContact, func(in *Input) { in.Answers.Email = "Ann <a@example.org>" }, "email email.invalid"},
		"short phone":          {StepContact, func(in *Input) { in.Answers.Phone = "12" }, "phone partner.problem.phone"},
		"deactivated group":    {StepGroup, func(in *Input) { in.Answers.PolicyGroupID = k.banking.String() }, "policy_group partner.problem.group_closed"},
		"group of another one": {StepGroup, func(in *Input) { in.Answers.PolicyGroupID = id.New[id.PolicyGroup]().String() }, "policy_group partner.problem.group_closed"},
		"odd group":            {StepGroup, func(in *Input) { in.Answers.PolicyGroupID = "x" }, "policy_group problem.choose"},
		"odd language":         {StepLanguage, func(in *Input) { in.Answers.Lang = "de" }, "lang problem.choose"},
		"no consent":           {StepConsent, func(in *Input) { in.Consent = false }, "consent partner.problem.consent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := k.answers(2)
			token := k.save("", StepType, a)
			in := Input{Answers: a, Password: testPassword, Consent: true}
			c.in(&in)
			if _, _, err := k.regs.Save(t.Context(), token, c.step, in); invalidField(err) != c.want {
				t.Errorf("got %s, want %s", invalidField(err), c.want)
			}
		})
	}
}

func TestNewTermsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	later := k.regs.WithTerms("2027-01")
	d, err := later.Draft(t.Context(), token)
	if err != nil || d.Next() != StepConsent {
		t.Errorf("next is %q, %v", d.Next(), err)
	}
	if _, err := later.Send(t.Context(), k.visitor, token); err == nil {
		t.Error("sent under terms that nobody agreed to")
	}
}

func TestDraftsEndAfterSevenDays(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	k.clock.Advance(DraftLifetime - time.Second)
	k.draft(token)
	k.clock.Advance(time.Second)
	if _, err := k.regs.Draft(t.Context(), token); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("an old draft opens: %v", err)
	}
	k.wantCount("registration_drafts", 1)
	if err := PurgeDrafts(t.Context(), k.db); err != nil {
		t.Fatal(err)
	}
	k.wantCount("registration_drafts", 0)
	for _, bad := range []string{"", "x", strings.Repeat("a", 43), strings.Repeat("é", 43)} {
		if _, err := k.regs.Draft(t.Context(), bad); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

func TestRegistrationIsForVisitors(t *testing.T) {
	t.Parallel()
	k := newDesk(t)
	token := k.fill(k.answers(1))
	if _, err := k.regs.Send(t.Context(), k.admin, token); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("Send by an admin: %v", err)
	}
	if _, err := k.regs.Confirm(t.Context(), k.admin, token, "123456"); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("Confirm by an admin: %v", err)
	}
	k.wantCount("audit_log where result = 'denied'", 2)
	k.wantCount("mail_outbox where kind = '"+string(mail.RegistrationCode)+"'", 0)
}
