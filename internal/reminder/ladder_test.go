package reminder

import (
	"slices"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/mail"
)

var today = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)

func TestStepOfTheLadder(t *testing.T) {
	t.Parallel()
	longAgo := today.AddDate(-1, 0, 0)
	for left, want := range map[int]int{
		-1: -1, 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 9: 9, 10: 10, 11: 15, 14: 15, 15: 15, 16: 30, 29: 30, 30: 30, 31: -1, 365: -1,
	} {
		step, ok := ending{On: today.AddDate(0, 0, left), Since: longAgo}.stepOn(today)
		if ok != (want >= 0) || ok && step != want {
			t.Errorf("%d days left: step %d (%v), want %d", left, step, ok, want)
		}
	}
}

// Who makes something today that ends soon need not be told so; from the next
// step on they are.
func TestWhatIsYoungerThanItsStepIsNotAnnounced(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		left, age int
		ok        bool
	}{
		"made today, ends today":          {0, 0, false},
		"made today, ends in 5 days":      {5, 0, false},
		"made yesterday, ends in 5 days":  {5, 1, true},
		"made today, ends in 20 days":     {20, 0, false},
		"made yesterday, ends in 20 days": {20, 1, false},
		"made 11 days ago, ends in 20":    {20, 11, true},
	} {
		e := ending{On: today.AddDate(0, 0, tc.left), Since: today.AddDate(0, 0, -tc.age)}
		if _, ok := e.stepOn(today); ok != tc.ok {
			t.Errorf("%s: announced %v", name, ok)
		}
	}
}

func TestLastDaysAreEssential(t *testing.T) {
	t.Parallel()
	for step, want := range map[int]mail.Topic{
		30: mail.EndingsEarly, 15: mail.EndingsEarly, 10: mail.EndingsDaily, 4: mail.EndingsDaily, 3: mail.Essential, 1: mail.Essential, 0: mail.Essential,
	} {
		if got := kindOf(step).Topic(); got != want {
			t.Errorf("%d days before: topic %q, want %q", step, got, want)
		}
	}
}

// One mail to staff names CA certificates and service accounts: the same people
// keep both.
func TestOneReaderKeepsTrustStoreAndServiceAccounts(t *testing.T) {
	t.Parallel()
	for _, role := range authz.StaffRoles {
		held := authz.Matrix[role]
		if slices.Contains(held, authz.TrustStoreManage) != slices.Contains(held, authz.ServiceManage) {
			t.Errorf("%s keeps one of them alone: the mail needs two kinds of readers", role)
		}
	}
}
