package sbi_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/sbi"
)

func TestAnSBIIsRegisteredSentAndApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.draft("2.1.0")
	if x.Status != approval.Draft || x.Submission != 0 || x.Organisation != "Optic" || x.Item().ID != x.ID.UUID {
		t.Errorf("%+v", x)
	}
	if _, err := o.SBI(t.Context(), o.ada.Scope(), x.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("an admin sees a draft: %v", err)
	}
	o.must(o.Send(t.Context(), o.nadia, x.ID, x.Version))
	x = o.now(x.ID)
	if x.Status != approval.PendingApproval || x.Submission != 1 || x.SubmittedAt == nil || x.Counts(o.Today()) {
		t.Errorf("%+v", x)
	}
	o.must(o.Approve(t.Context(), o.ada, x.ID, x.Version))
	x = o.now(x.ID)
	if x.Status != approval.Approved || x.ApprovedAt == nil || !x.Counts(o.Today()) || !x.Counts(x.ExpiresOn) || x.Counts(x.ExpiresOn.AddDate(0, 0, 1)) {
		t.Errorf("%+v", x)
	}
	if got := o.actions(x.ID); got != "sbi.registered sbi.sent sbi.approved" {
		t.Error(got)
	}
	if got := o.mails(o.bob) + "; " + o.mails(o.nadia); got != "approval_waiting; approval_approved" {
		t.Error(got)
	}
	if o.Count(`webhook_events where type = 'sbi.approved' and data ->> 'hash' = '`+digits+`'`) != 1 {
		t.Error("other systems were not told")
	}
	counting, err := o.CountingOf(t.Context(), o.provider.ID)
	if err != nil || len(counting) != 1 || counting[0].ID != x.ID {
		t.Errorf("%v %v", counting, err)
	}
}

// Every service method is tried in every state: it moves the SBI as the machine says
// or leaves everything as it was, with a conflict that says why.
func TestEveryMoveFromEveryState(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	input := func(x sbi.SBI) sbi.Input {
		in := x.Input()
		in.Hash = strings.Repeat("ab", 32)
		return in
	}
	moves := map[string]struct {
		to approval.Status
		do func(x sbi.SBI) error
	}{
		"send":       {approval.PendingApproval, func(x sbi.SBI) error { return o.Send(ctx, o.nadia, x.ID, x.Version) }},
		"edit":       {"", func(x sbi.SBI) error { return o.Edit(ctx, o.nadia, x.ID, x.Version, input(x)) }},
		"approve":    {approval.Approved, func(x sbi.SBI) error { return o.Approve(ctx, o.ada, x.ID, x.Version) }},
		"return":     {approval.ChangesRequested, func(x sbi.SBI) error { return o.RequestChanges(ctx, o.ada, x.ID, x.Version, nil, "x") }},
		"reject":     {approval.Rejected, func(x sbi.SBI) error { return o.Reject(ctx, o.ada, x.ID, x.Version, "No") }},
		"withdraw":   {approval.Withdrawn, func(x sbi.SBI) error { return o.Withdraw(ctx, o.nadia, x.ID, x.Version) }},
		"deactivate": {approval.Deactivated, func(x sbi.SBI) error { return o.end(o.nadia, x, x.Version) }},
		"reactivate": {approval.Approved, func(x sbi.SBI) error { return o.back(o.ada, x, x.Version) }},
	}
	allowed := map[string]string{
		"draft": "send edit withdraw", "pending_approval": "edit approve return reject withdraw", "changes_requested": "edit withdraw",
		"approved": "deactivate", "rejected": "", "withdrawn": "", "deactivated": "reactivate",
	}
	n := 0
	for _, s := range sbi.Statuses.All() {
		for name, m := range moves {
			n++
			x := o.in(s, "1."+text1(n))
			events := o.Count("audit_log")
			err := m.do(x)
			after := o.now(x.ID)
			can := strings.Contains(" "+allowed[string(s)]+" ", " "+name+" ")
			switch want := m.to; {
			case can && name == "edit":
				want = approval.PendingApproval
				if s == approval.Draft {
					want = s
				}
				fallthrough
			case can:
				if err != nil || after.Status != want || after.Version != x.Version+1 || o.Count("audit_log") != events+1 {
					t.Errorf("%s in %s: %v, %s", name, s, err, after.Status)
				}
				if s != after.Status && !sbi.Statuses.Can(s, after.Status) {
					t.Errorf("%s in %s leads to %s, which the machine does not know", name, s, after.Status)
				}
			case name == "withdraw" && s == approval.Withdrawn: // a second click
				if err != nil || after.Version != x.Version {
					t.Errorf("withdrawing again: %v", err)
				}
			default:
				unknown := s == approval.Draft && errors.Is(err, problem.ErrNotFound) // to an admin
				if !errors.Is(err, problem.ErrConflict) && !unknown || after.Version != x.Version || o.Count("audit_log") != events {
					t.Errorf("%s in %s: %v, %s", name, s, err, after.Status)
				}
			}
		}
	}
}

func TestWhatIsWrongIsToldByField(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.waiting("1.0")
	today := o.Today()
	day := func(y, d int) string { return today.AddDate(y, 0, d).Format(time.DateOnly) }
	for want, change := range map[string]func(*sbi.Input){
		"":                                     func(*sbi.Input) {},
		"sbi_version problem.required":         func(in *sbi.Input) { in.Version = " " },
		"sbi_version problem.too_long":         func(in *sbi.Input) { in.Version = strings.Repeat("é", 65) },
		"sbi_version problem.bad_characters":   func(in *sbi.Input) { in.Version = "1\u202e" },
		"sbi_version sbi.problem.same_version": func(in *sbi.Input) { in.Version = "1.0" },
		"hash problem.required":                func(in *sbi.Input) { in.Hash = "" },
		"hash sbi.problem.hash_other":          func(in *sbi.Input) { in.Hash = digits[:40] },
		"created_on problem.required":          func(in *sbi.Input) { in.CreatedOn = "" },
		"created_on sbi.problem.day":           func(in *sbi.Input) { in.CreatedOn = "31.12.2025" },
		"created_on sbi.problem.created_ahead": func(in *sbi.Input) { in.CreatedOn = day(0, 1) },
		"created_on sbi.problem.created_old":   func(in *sbi.Input) { in.CreatedOn = day(-10, -1) },
		"expires_on problem.required":          func(in *sbi.Input) { in.ExpiresOn = "" },
		"expires_on sbi.problem.day":           func(in *sbi.Input) { in.ExpiresOn = "soon" },
		"expires_on sbi.problem.expires_past":  func(in *sbi.Input) { in.ExpiresOn = day(0, 0) },
		"expires_on sbi.problem.expires_far":   func(in *sbi.Input) { in.ExpiresOn = day(10, 1) },
	} {
		in := o.good("2.0")
		change(&in)
		before := o.Count("sbis")
		if got := key(o.Register(t.Context(), o.nadia, in)); got != want {
			t.Errorf("%q, want %q", got, want)
		} else if want != "" && o.Count("sbis") != before {
			t.Errorf("%q: something was stored", want)
		}
	}
	for _, edge := range []func(*sbi.Input){
		func(in *sbi.Input) { in.CreatedOn, in.ExpiresOn = day(0, 0), day(0, 1) },
		func(in *sbi.Input) { in.CreatedOn, in.ExpiresOn = day(-10, 0), day(10, 0) },
		func(in *sbi.Input) { in.Version = strings.Repeat("é", 64) },
	} {
		in := o.good("3." + text1(o.Count("sbis")))
		edge(&in)
		if err := o.Register(t.Context(), o.nadia, in); err != nil {
			t.Error(err)
		}
	}
}

// One version is one piece of software, whatever its capitals; what was turned down
// or taken back leaves it free, and another provider has its own.
func TestAVersionIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.waiting("Beta-1")
	if got := key(o.Register(t.Context(), o.nadia, o.good("BETA-1"))); got != "sbi_version sbi.problem.same_version" {
		t.Error(got)
	}
	o.must(o.Register(t.Context(), partnertest.Person(o.Active("Lens")), o.good("beta-1")))
	o.must(o.Reject(t.Context(), o.ada, x.ID, x.Version, "No"))
	y := o.draft("beta-1")
	if got := key(o.Edit(t.Context(), o.nadia, o.draft("other").ID, 1, o.good("BETA-1"))); got != "sbi_version sbi.problem.same_version" {
		t.Error(got)
	}
	o.must(o.Withdraw(t.Context(), o.nadia, y.ID, y.Version))
	o.draft("beta-1")
}

func TestCON3TheSameFormTwiceIsOneSBI(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := o.good("1.0")
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { errs[i] = o.Register(t.Context(), o.nadia, in) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil || o.Count("sbis") != 1 || o.actions(in.ID) != "sbi.registered" {
		t.Errorf("%v, %d", err, o.Count("sbis"))
	}
	in.Hash = strings.Repeat("0", 64)
	if err := o.Register(t.Context(), o.nadia, in); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("other answers under the same id: %v", err)
	}
}

func TestChangesFieldByField(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.in(approval.ChangesRequested, "1.0")
	st, err := o.Standing(t.Context(), o.nadia.Scope(), x.ID)
	if diff := cmp.Diff([]string{sbi.FieldHash}, st.Open(o.Today())); diff != "" || err != nil {
		t.Error(diff, err)
	}
	in := x.Input()
	in.Version = "1.1"
	if err := o.Edit(t.Context(), o.nadia, x.ID, x.Version, in); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("a locked answer was changed: %v", err)
	}
	in = x.Input()
	in.Hash = strings.Repeat("cd", 32)
	o.must(o.Edit(t.Context(), o.nadia, x.ID, x.Version, in))
	o.must(o.Edit(t.Context(), o.nadia, x.ID, x.Version, in)) // a second click
	after := o.now(x.ID)
	if after.Status != approval.PendingApproval || after.Submission != 2 || o.actions(x.ID) != "sbi.registered sbi.sent sbi.changes_requested sbi.resent" {
		t.Errorf("%s %d %s", after.Status, after.Submission, o.actions(x.ID))
	}
	if got := o.mails(o.bob); got != "approval_waiting approval_waiting" {
		t.Error(got)
	}
	review, err := o.Review(t.Context(), o.ada.Scope(), x.ID)
	if err != nil || len(sbi.Things.Changes(review.Trail)) != 1 {
		t.Errorf("%+v %v", sbi.Things.Changes(review.Trail), err)
	}
	in.Hash = strings.Repeat("ef", 32)
	if got := key(o.Edit(t.Context(), o.nadia, x.ID, x.Version, in)); got != "sbi.conflict.moved.pending_approval" {
		t.Errorf("an old page: %q", got)
	}
	// While it waits it can be changed too, and nobody is mailed again.
	o.must(o.Edit(t.Context(), o.nadia, x.ID, after.Version, in))
	if got := key(o.Approve(t.Context(), o.ada, x.ID, after.Version)); got != "approval.conflict.newer" {
		t.Errorf("approving what is not there any more: %q", got)
	}
	if got := o.mails(o.bob); got != "approval_waiting approval_waiting" {
		t.Error(got)
	}
}

// An expiry date that comes while the provider has to change something else is open
// too, or nobody could send it again.
func TestADayThatPassedCanBeChanged(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.in(approval.ChangesRequested, "1.0")
	o.Exec(`update sbis set expires_on = @day where id = @id`, pg.Args{"day": o.Today(), "id": x.ID})
	x = o.now(x.ID)
	if got := key(o.Edit(t.Context(), o.nadia, x.ID, x.Version, x.Input())); got != "expires_on sbi.problem.expires_past" {
		t.Error(got)
	}
	in := x.Input()
	in.ExpiresOn = o.Today().AddDate(1, 0, 0).Format(time.DateOnly)
	o.must(o.Edit(t.Context(), o.nadia, x.ID, x.Version, in))
}

func TestAnExpiredOneCannotBeSentOrApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	draft, waiting, approved := o.draft("1.0"), o.waiting("2.0"), o.approved("3.0")
	o.clock.Advance(3 * 366 * 24 * time.Hour)
	if got := key(o.Send(t.Context(), o.nadia, draft.ID, draft.Version)); got != "expires_on sbi.problem.expires_past" {
		t.Error(got)
	}
	if got := key(o.Approve(t.Context(), o.ada, waiting.ID, waiting.Version)); got != "sbi.conflict.expired" {
		t.Error(got)
	}
	o.must(o.Reject(t.Context(), o.ada, waiting.ID, waiting.Version, "Too late"))
	if x := o.now(approved.ID); x.Status != approval.Approved || x.Counts(o.Today()) {
		t.Errorf("%+v", x)
	}
	if counting, err := o.CountingOf(t.Context(), o.provider.ID); err != nil || len(counting) != 0 {
		t.Errorf("%v %v", counting, err)
	}
}

func TestOnlyAnActiveProviderIsApproved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x, draft := o.waiting("1.0"), o.draft("2.0")
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": o.provider.ID})
	for name, err := range map[string]error{
		"approve":  o.Approve(t.Context(), o.ada, x.ID, x.Version),
		"send":     o.Send(t.Context(), o.nadia, draft.ID, draft.Version),
		"register": o.Register(t.Context(), o.nadia, o.good("3.0")),
	} {
		if key(err) != "approval.conflict.partner" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.now(x.ID).Status != approval.PendingApproval || o.Count("sbis") != 2 {
		t.Error("something was stored")
	}
}

func TestAUT2AUT3NobodySeesOrMovesSomebodyElses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := partnertest.Person(o.Active("Lens"))
	x, ctx := o.waiting("1.0"), t.Context()
	_, read := o.Standing(ctx, other.Scope(), x.ID)
	_, review := o.Review(ctx, other.Scope(), x.ID)
	in := o.good("9.0")
	in.MadeFrom = x.ID
	for name, err := range map[string]error{
		"read": read, "review": review,
		"edit":     o.Edit(ctx, other, x.ID, x.Version, x.Input()),
		"send":     o.Send(ctx, other, x.ID, x.Version),
		"withdraw": o.Withdraw(ctx, other, x.ID, x.Version),
		"end":      o.end(other, x, x.Version),
		"follow":   o.Register(ctx, other, in),
		"nothing":  o.Withdraw(ctx, o.nadia, id.New[id.SBI](), 1),
	} {
		if !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	page, err := o.SBIs(ctx, other.Scope(), sbi.List.Parse(url.Values{"provider": {o.provider.ID.String()}, "q": {"1.0"}}))
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%v %v", page.Items, err)
	}
	if o.now(x.ID).Version != x.Version {
		t.Error("it was changed")
	}
}

func TestRolesThatMayNot(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x, ctx := o.waiting("1.0"), t.Context()
	manager := o.Staff("Pia East", "en", authz.PolicyManager)
	chips := o.nadia
	chips.Roles = []authz.Role{authz.FTMProvider}
	for name, err := range map[string]error{
		"a provider approves":      o.Approve(ctx, o.nadia, x.ID, x.Version),
		"a provider rejects badly": o.Reject(ctx, o.nadia, x.ID, x.Version, ""),
		"a provider asks nothing":  o.RequestChanges(ctx, o.nadia, x.ID, x.Version, nil, ""),
		"a manager approves":       o.Approve(ctx, manager, x.ID, x.Version),
		"an admin registers":       o.Register(ctx, o.ada, o.good("2.0")),
		"an admin withdraws":       o.Withdraw(ctx, o.ada, x.ID, x.Version),
		"another type registers":   o.Register(ctx, chips, o.good("2.0")),
		"a provider gives back":    o.back(o.nadia, x, x.Version),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.Count(`audit_log where result = 'denied'`) != 8 {
		t.Error("not every refusal is recorded")
	}
}

func TestAUT6NobodyApprovesWhatTheySent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.waiting("1.0")
	both := o.nadia // somebody who came to be an admin since
	both.Roles = []authz.Role{authz.PartnerAdmin}
	if err := o.Approve(t.Context(), both, x.ID, x.Version); !errors.Is(err, problem.ErrDenied) || o.now(x.ID).Status != approval.PendingApproval {
		t.Errorf("%v", err)
	}
	if o.Count(`audit_log where result = 'denied'`) != 1 {
		t.Error("the refusal is not recorded")
	}
}

func TestCON2CON4OneDecisionAndNoneBesideAnEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.waiting("1.0")
	ctx := t.Context()
	acts := []func() error{
		func() error { return o.Approve(ctx, o.ada, x.ID, x.Version) },
		func() error { return o.Reject(ctx, o.bob, x.ID, x.Version, "No") },
		func() error { return o.RequestChanges(ctx, o.bob, x.ID, x.Version, nil, "More") },
		func() error { return o.Withdraw(ctx, o.nadia, x.ID, x.Version) },
	}
	start := make(chan struct{})
	var wg sync.WaitGroup
	errs := make([]error, 2*len(acts))
	for i := range errs {
		wg.Go(func() { <-start; errs[i] = acts[i%len(acts)]() })
	}
	close(start)
	wg.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, problem.ErrConflict):
			t.Error(err)
		}
	}
	// The same act twice is one: both are told that it is done.
	if after := o.now(x.ID); done < 1 || done > 2 || after.Version != x.Version+1 || o.Count(`audit_log where subject_id = '`+x.ID.String()+`'`) != 3 {
		t.Errorf("%d done, version %d, %s", done, after.Version, o.actions(x.ID))
	}
}

func TestCON1AnOldPageIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x, ctx := o.waiting("1.0"), t.Context()
	o.must(o.Approve(ctx, o.ada, x.ID, x.Version))
	o.must(o.Approve(ctx, o.ada, x.ID, x.Version)) // a second click
	for want, err := range map[string]error{
		"approval.conflict.decided.approved": o.Reject(ctx, o.bob, x.ID, x.Version, "No"),
		"sbi.conflict.moved.approved":        o.Withdraw(ctx, o.nadia, x.ID, x.Version),
	} {
		if key(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	x = o.now(x.ID)
	o.must(o.end(o.ada, x, x.Version))
	o.must(o.end(o.ada, x, x.Version))
	if got := key(o.end(o.bob, x, x.Version+5)); got != "sbi.conflict.moved.deactivated" {
		t.Error(got)
	}
	ended := o.now(x.ID)
	o.must(o.back(o.bob, ended, ended.Version))
	o.must(o.back(o.bob, ended, ended.Version))
	if got := o.actions(x.ID); got != "sbi.registered sbi.sent sbi.approved sbi.deactivated sbi.reactivated" {
		t.Error(got)
	}
	if got := o.mails(o.nadia); got != "approval_approved approval_deactivated approval_reactivated" {
		t.Error(got)
	}
	if o.Count(`webhook_events where type in ('sbi.deactivated', 'sbi.reactivated')`) != 2 {
		t.Error("other systems were not told")
	}
}

func TestLIM4SoManyAreOpenAtOneTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i := range sbi.MaxOpen - 1 {
		o.draft("1." + text1(i))
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = o.Register(t.Context(), o.nadia, o.good("2."+text1(i))) })
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if key(err) == "sbi.conflict.too_many" {
			refused++
		}
	}
	if refused != 3 || o.Count("sbis") != sbi.MaxOpen {
		t.Errorf("%d refused, %d stored", refused, o.Count("sbis"))
	}
}

func TestWhatAnApproverShouldLookAt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	first := o.approved("2.0")
	other := partnertest.Person(o.Active("Lens"))
	copied := o.good("7.0")
	o.must(o.Register(ctx, other, copied))
	o.must(o.Send(ctx, other, copied.ID, 1))
	in := o.good("1.5")
	in.MadeFrom, in.Hash = first.ID, strings.Repeat("ab", 32)
	in.CreatedOn, in.ExpiresOn = o.Today().Format(time.DateOnly), o.Today().AddDate(0, 0, 30).Format(time.DateOnly)
	o.must(o.Register(ctx, o.nadia, in))
	o.must(o.Send(ctx, o.nadia, in.ID, 1))
	o.must(o.Reject(ctx, o.ada, in.ID, 2, "No"))
	again := in
	again.ID, again.Hash = id.New[id.SBI](), strings.Repeat("cd", 32)
	o.must(o.Register(ctx, o.nadia, again))
	o.must(o.Send(ctx, o.nadia, again.ID, 1))
	r, err := o.Review(ctx, o.ada.Scope(), again.ID)
	o.must(err)
	want := []sbi.Warning{sbi.WarnCertificate, sbi.WarnNear, sbi.WarnShort, sbi.WarnOrder, sbi.WarnOtherHash}
	if diff := cmp.Diff(want, r.Warnings); diff != "" || r.From == nil || r.From.ID != first.ID || len(r.SameVersion) != 1 || len(r.Versions) != 2 {
		t.Errorf("%s %+v", diff, r.From)
	}
	r, err = o.Review(ctx, o.ada.Scope(), copied.ID)
	o.must(err)
	if diff := cmp.Diff([]sbi.Warning{sbi.WarnCertificate, sbi.WarnSameHash}, r.Warnings); diff != "" || len(r.SameHash) != 1 || r.SameHash[0].ID != first.ID {
		t.Error(diff)
	}
}

func TestTheListIsFiltered(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	approved, waiting := o.approved("2.0"), o.waiting("2.1")
	o.draft("3.0")
	for query, want := range map[string]int{
		"": 2, "status=approved": 1, "status=no_such": 2, "status=draft": 0, "q=2.1": 1, "q=OPTI": 2, "q=" + waiting.ID.String(): 1, "q=" + digits: 2,
		"provider=" + o.provider.ID.String(): 2, "provider=lens": 0, "within=90": 0, "within=1000": 1, "within=x": 2, "expired=yes": 0, "expired=no": 2,
		"assigned=nobody": 1, "assigned=me": 0, "sort=waiting&status=pending_approval": 1, "within=1000&expired=no": 1, "q=%25": 0,
	} {
		v, err := url.ParseQuery(query)
		o.must(err)
		page, err := o.SBIs(ctx, o.ada.Scope(), sbi.List.Parse(v))
		if err != nil || len(page.Items) != want {
			t.Errorf("%q: %d, want %d (%v)", query, len(page.Items), want, err)
		}
	}
	own, err := o.SBIs(ctx, o.nadia.Scope(), sbi.List.Parse(nil))
	if err != nil || len(own.Items) != 3 || own.Items[0].SBIVersion != "3.0" {
		t.Errorf("%+v %v", own.Items, err)
	}
	if page, err := o.SBIs(ctx, o.ada.Scope(), sbi.List.Parse(url.Values{"status": {"approved"}})); err != nil || page.Items[0].ID != approved.ID {
		t.Errorf("%v %v", page.Items, err)
	}
	if none, err := o.SBIs(ctx, authz.Scope{}, sbi.List.Parse(nil)); err != nil || len(none.Items) != 0 {
		t.Errorf("%v %v", none.Items, err)
	}
}

// A failure after the row was written takes everything back.
func TestAChangeIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	x := o.approved("1.0")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := o.Withdraw(ctx, o.nadia, x.ID, x.Version); err == nil {
		t.Error("nothing was wrong")
	}
	events := o.Count("audit_log")
	boom := errors.New("boom")
	err := o.tx(o.ada, authz.SBIDeactivate, x.ID, failing(o.ada, boom))
	if !errors.Is(err, boom) || o.now(x.ID).Status != approval.Approved || o.Count("audit_log") != events || o.Count(`mail_outbox where kind = 'approval_deactivated'`) != 0 {
		t.Errorf("%v: something stayed", err)
	}
}

func failing(a authz.Actor, boom error) func(context.Context, *pg.Tx, sbi.SBI) (audit.Event, error) {
	return func(ctx context.Context, tx *pg.Tx, x sbi.SBI) (audit.Event, error) {
		if _, err := sbi.End(ctx, tx, a, x, "A flaw"); err != nil {
			return audit.Event{}, err
		}
		return audit.Event{}, boom
	}
}
