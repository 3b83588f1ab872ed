package partner

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// The moves of the machine, written once more by hand.
func TestStatesMoveAsTheDesignSays(t *testing.T) {
	t.Parallel()
	allowed := map[[2]Status]bool{
		{PendingApproval, ChangesRequested}: true, {PendingApproval, Active}: true, {PendingApproval, Rejected}: true,
		{ChangesRequested, PendingApproval}: true, {Active, Deactivated}: true, {Deactivated, Active}: true,
	}
	for _, from := range Statuses.All() {
		for _, to := range Statuses.All() {
			if got := Statuses.Can(from, to); got != allowed[[2]Status{from, to}] {
				t.Errorf("%s → %s: %v", from, to, got)
			}
			if err := Statuses.Check(from, to); (err == nil) != allowed[[2]Status{from, to}] || err != nil && !errors.Is(err, problem.ErrConflict) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

func TestStatesAndVerdictsEqualTheConstraints(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	words := func(constraint string) []string {
		text, err := pg.Value[string](t.Context(), o.db.Read(),
			`select pg_get_constraintdef(oid) from pg_constraint where conname = @name`, pg.Args{"name": constraint})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(text, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		return all
	}
	var states []string
	for _, s := range Statuses.All() {
		states = append(states, string(s))
	}
	if diff := cmp.Diff(states, words("partners_status_check")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{string(VerdictApproved), string(VerdictReturned), string(VerdictRejected)}, words("partner_reviews_decision_check")); diff != "" {
		t.Error(diff)
	}
}

// Each way to decide, from each state: one way works, the others leave nothing.
func TestDecisionsMoveOnlyWhatWaits(t *testing.T) {
	t.Parallel()
	ways := map[Status]func(o *office, p Partner) error{
		Active:   func(o *office, p Partner) error { return o.s.Approve(t.Context(), o.admin, p.ID, p.Version) },
		Rejected: func(o *office, p Partner) error { return o.s.Reject(t.Context(), o.admin, p.ID, p.Version, "No") },
		ChangesRequested: func(o *office, p Partner) error {
			return o.s.RequestChanges(t.Context(), o.admin, p.ID, p.Version, []FieldLine{{"phone", "Dead line"}}, "")
		},
	}
	for to, decide := range ways {
		for _, from := range Statuses.All() {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				p := o.pending("Acme")
				o.exec(`update partners set status = @s`, pg.Args{"s": string(from)})
				p, before := o.load(p.ID), o.traces(p)
				err := decide(o, p)
				if from != PendingApproval {
					if !errors.Is(err, problem.ErrConflict) || o.traces(p) != before {
						t.Errorf("err %v\n%s\n%s", err, before, o.traces(p))
					}
					return
				}
				lines := map[Status]string{ChangesRequested: "1"}[to]
				want := string(to) + " v2 s1: 1 reviews, " + cmpOr(lines, "0") + " lines, 1 events, 1 mails, 1 submissions"
				if err != nil || o.traces(p) != want {
					t.Errorf("err %v\n got %s\nwant %s", err, o.traces(p), want)
				}
			})
		}
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestDecisionTellsThePartnerAndTheLog(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	lines := []FieldLine{{"organisation", " The register says Acme SA "}, {"phone", ""}, {"address", "Which building?"}}
	if err := o.s.RequestChanges(t.Context(), o.admin, p.ID, 1, lines, "Call us"); err != nil {
		t.Fatal(err)
	}
	m, err := pg.One[struct {
		Kind, Recipient, Lang string
		Params                map[string]string
	}](t.Context(), o.db.Read(), `select kind, recipient, lang, params from mail_outbox`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind != "registration_returned" || m.Recipient != p.Email || m.Lang != "ar" ||
		m.Params["Reason"] != "The register says Acme SA\nWhich building?\nCall us" || m.Params["Fields"] != "organisation,address" {
		t.Errorf("%+v", m)
	}
	e, err := pg.One[struct {
		Action, SubjectKind, SubjectName, Detail string
		PartnerID                                id.Partner
		ActorID                                  id.User
		VersionBefore, VersionAfter              int
	}](t.Context(), o.db.Read(), `select action, subject_kind, subject_name, detail, partner_id, actor_id, version_before, version_after from audit_log`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Action != "registration.changes_requested" || e.SubjectKind != "partner" || e.SubjectName != "Acme" || e.PartnerID != p.ID ||
		e.ActorID != o.admin.User || e.VersionBefore != 1 || e.VersionAfter != 2 || !strings.Contains(e.Detail, "Which building?") {
		t.Errorf("%+v", e)
	}
	st, err := o.s.Standing(t.Context(), person(p))
	if err != nil {
		t.Fatal(err)
	}
	want := Decision{
		Submission: 1, Verdict: VerdictReturned, Reason: "Call us", DecidedByID: o.admin.User, DecidedByName: "Ada Admin",
		Lines: []FieldLine{{"organisation", "The register says Acme SA"}, {"address", "Which building?"}},
	}
	want.ID, want.DecidedAt = st.Last.ID, st.Last.DecidedAt
	if diff := cmp.Diff(want, *st.Last); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Askable, st.Open()); diff != "" {
		t.Errorf("a note opens everything: %s", diff)
	}
}

func TestDecisionInputs(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	ask := func(note string, lines ...FieldLine) error {
		return o.s.RequestChanges(t.Context(), o.admin, p.ID, 1, lines, note)
	}
	for name, c := range map[string]struct {
		err   error
		field string
	}{
		"nothing asked":      {ask(" "), "note"},
		"only empty lines":   {ask("", FieldLine{"phone", "  "}), "note"},
		"note too long":      {ask(strings.Repeat("é", MaxReason+1)), "note"},
		"line too long":      {ask("", FieldLine{"phone", strings.Repeat("é", MaxLine+1)}), "line_phone"},
		"unknown field":      {ask("", FieldLine{"status", "x"}), "line_status"},
		"e-mail":             {ask("", FieldLine{"email", "x"}), "line_email"},
		"field twice":        {ask("", FieldLine{"phone", "x"}, FieldLine{"phone", "y"}), "line_phone"},
		"NUL":                {ask("a\x00b"), "note"},
		"reject without why": {o.s.Reject(t.Context(), o.admin, p.ID, 1, " \n"), "reason"},
		"reject too long":    {o.s.Reject(t.Context(), o.admin, p.ID, 1, strings.Repeat("x", MaxReason+1)), "reason"},
		"reject not UTF-8":   {o.s.Reject(t.Context(), o.admin, p.ID, 1, "\xff"), "reason"},
	} {
		var invalid *problem.InvalidError
		if !errors.As(c.err, &invalid) || invalid.Fields[0].Name != c.field {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if got := o.traces(p); !strings.HasPrefix(got, "pending_approval v1 s1: 0 reviews, 0 lines, 0 events, 0 mails") {
		t.Error(got)
	}
	if err := ask(strings.Repeat("é", MaxReason), FieldLine{"phone", strings.Repeat("é", MaxLine)}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

// If any part of a decision cannot be written, none is.
func TestFailingPartUndoesTheDecision(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"mail_outbox", "partner_reviews", "partner_review_fields", "audit_log"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			p := o.pending("Acme")
			o.exec(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'planted'; end $$`, nil)
			o.exec(`create trigger planted before insert on `+table+` for each row execute function refuse()`, nil)
			err := o.s.RequestChanges(t.Context(), o.admin, p.ID, 1, []FieldLine{{"phone", "Dead"}}, "")
			if err == nil || !strings.Contains(err.Error(), "planted") {
				t.Fatalf("err %v", err)
			}
			if got := o.traces(p); got != "pending_approval v1 s1: 0 reviews, 0 lines, 0 events, 0 mails, 1 submissions" {
				t.Error(got)
			}
		})
	}
}

func TestCON1StaleVersionIsToldWhatHappened(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	eva := o.staff("Eva Second", "en")
	if err := o.s.RequestChanges(t.Context(), o.admin, p.ID, 1, []FieldLine{{"phone", "Dead line"}}, ""); err != nil {
		t.Fatal(err)
	}
	expectConflict(t, o.s.Approve(t.Context(), eva, p.ID, 1), "admission.conflict.changes_requested", "Ada Admin")
	expectConflict(t, o.s.Approve(t.Context(), eva, p.ID, 2), "admission.conflict.changes_requested", "Ada Admin")
	a := o.load(p.ID).Answers()
	a.Phone = "+230 123 4567"
	if err := o.s.Resubmit(t.Context(), person(p), 2, a); err != nil {
		t.Fatal(err)
	}
	// The page was opened before the partner sent something newer.
	expectConflict(t, o.s.Approve(t.Context(), eva, p.ID, 1), "admission.conflict.sent_again", "")
	if err := o.s.Approve(t.Context(), eva, p.ID, 3); err != nil {
		t.Fatal(err)
	}
	expectConflict(t, o.s.Reject(t.Context(), o.admin, p.ID, 3, "No"), "admission.conflict.approved", "Eva Second")
	expectConflict(t, o.s.Resubmit(t.Context(), person(p), 2, a), "admission.conflict.closed", "")
	if err := o.s.Approve(t.Context(), eva, id.New[id.Partner](), 1); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no such partner: %v", err)
	}
}

func expectConflict(t *testing.T, err error, key, name string) {
	t.Helper()
	var conflict *problem.ConflictError
	if !errors.As(err, &conflict) || conflict.Key != key || !slices.Contains(conflict.Args, any("When")) ||
		name != "" && !slices.Contains(conflict.Args, any(name)) {
		t.Errorf("got %v %+v, want %s by %q", err, conflict, key, name)
	}
}

// A second click on the same button sees the same page, and does nothing.
func TestCON2SameDecisionTwiceIsNoConflict(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	for range 2 {
		if err := o.s.Reject(t.Context(), o.admin, p.ID, 1, "Not a bank"); err != nil {
			t.Fatal(err)
		}
	}
	if got := o.traces(p); got != "rejected v2 s1: 1 reviews, 0 lines, 1 events, 1 mails, 1 submissions" {
		t.Error(got)
	}
	if err := o.s.Reject(t.Context(), o.admin, p.ID, 1, "Another reason"); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("another reason is another decision: %v", err)
	}
}

func TestCON4DeactivatedGroupStopsTheApproval(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	device := o.pending("Lens", func(a *Answers) { a.Type, a.PolicyGroupID = authz.DeviceProvider, "" })
	o.exec(`update policy_groups set status = 'deactivated'`, nil)
	var conflict *problem.ConflictError
	if err := o.s.Approve(t.Context(), o.admin, p.ID, 1); !errors.As(err, &conflict) || conflict.Key != "admission.conflict.group" || conflict.Args[1] != "Telecom" {
		t.Errorf("err %v", err)
	}
	if got := o.load(p.ID).Status; got != PendingApproval {
		t.Error(got)
	}
	if err := o.s.Approve(t.Context(), o.admin, device.ID, 1); err != nil {
		t.Errorf("a type without policies needs no group: %v", err)
	}
}

func TestAUT1OnlyPartnerAdminsDecide(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	for i, a := range []authz.Actor{person(p), {Roles: []authz.Role{authz.PolicyManager}}, {}, authz.SystemActor()} {
		errs := []error{
			o.s.Approve(t.Context(), a, p.ID, 1), o.s.Reject(t.Context(), a, p.ID, 1, ""),
			o.s.RequestChanges(t.Context(), a, p.ID, 1, nil, ""),
		}
		for _, err := range errs {
			if !errors.Is(err, problem.ErrDenied) {
				t.Errorf("%v: %v", a.Roles, err)
			}
		}
		if got := o.count("audit_log where result = 'denied'"); got != 3*(i+1) {
			t.Errorf("%d refusals recorded", got)
		}
	}
	if err := o.s.Resubmit(t.Context(), o.admin, 1, p.Answers()); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("staff resubmits: %v", err)
	}
}
