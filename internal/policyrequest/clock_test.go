package policyrequest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/policyrequest"
)

func (o *office) clockOf(r policyrequest.Request) policyrequest.Clock {
	o.T.Helper()
	c, err := o.Clock(o.T.Context(), o.now(r.ID))
	o.must(err)
	return c
}

// Ten requests take one to ten days with the admins; what the partner takes in
// between does not count, and decisions of long ago do not either.
func TestHonestClock(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a, day := o.partner("Acme"), 24*time.Hour
	old := o.asked(a, o.inForce("Old"))
	o.clock.Advance(500 * day)
	o.must(o.Reject(t.Context(), o.ada, old.ID, 1, "No."))
	o.clock.Advance(91 * day)
	for days := 1; days <= 10; days++ {
		if days == 10 {
			waiting := o.asked(a, o.inForce("Early"))
			if c := o.clockOf(waiting); c.Known() || c.Decided != 9 || c.Median != 0 || c.Slow != 0 || c.Place != 1 {
				t.Errorf("under ten: %+v", c)
			}
			o.must(o.Withdraw(t.Context(), a, waiting.ID, 1))
		}
		r := o.asked(a, o.inForce(fmt.Sprint("P", days)))
		half := time.Duration(days) * day / 2
		o.clock.Advance(half)
		o.must(o.RequestChanges(t.Context(), o.ada, r.ID, 1, nil, "More."))
		o.clock.Advance(3 * day) // the partner's turn
		if c := o.clockOf(r); c.Waited != half || c.Place != 0 {
			t.Errorf("on the partner's turn: %+v, want %s", c, half)
		}
		o.must(o.Resend(t.Context(), a, r.ID, 2, func(string) string { return "Here." }))
		o.clock.Advance(half)
		if days%2 == 0 {
			o.must(o.Reject(t.Context(), o.ada, r.ID, 3, "No."))
		} else {
			o.must(o.Approve(t.Context(), o.ada, r.ID, 3, policyrequest.Grant{Shown: 1}))
		}
	}
	first, second := o.asked(a, o.inForce("First")), o.asked(o.partner("Other"), o.inForce("Second"))
	o.clock.Advance(36 * time.Hour)
	got := o.clockOf(second)
	want := policyrequest.Clock{Decided: 10, Median: 132 * time.Hour, Slow: 9*day + 2*time.Hour + 24*time.Minute, Waited: 36 * time.Hour, Place: 2}
	if diff := cmp.Diff(want, got); diff != "" || !got.Known() {
		t.Error(diff)
	}
	if c := o.clockOf(first); c.Place != 1 {
		t.Errorf("the first is number %d", c.Place)
	}
	elsewhere := *o
	elsewhere.group = o.Group("Banking")
	if c := elsewhere.clockOf(elsewhere.asked(elsewhere.partner("Bank"), elsewhere.inForce("Bank"))); c.Decided != 0 || c.Place != 3 {
		t.Errorf("another group: %+v", c)
	}
}

// What others have is told from five partners on, and never of other groups or
// of grants that hand out nothing.
func TestComparablePartners(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	wide, narrow := o.inForce("Wide", "fullName", "photo"), o.inForce("Narrow", "fullName")
	mine := o.asked(o.partner("Mine"), wide, "photo")
	others := func() policyrequest.Comparable {
		t.Helper()
		r, err := o.Review(t.Context(), authz.Scope{All: true}, mine.ID)
		o.must(err)
		return r.Comparable
	}
	for n := range 4 {
		o.granted(o.partner(fmt.Sprint("Narrow ", n)), narrow)
	}
	o.asked(o.partner("Waits"), narrow)
	if c := others(); c.Partners != 0 || c.Attributes != nil {
		t.Errorf("four partners are told of: %+v", c)
	}
	both := o.partner("Both")
	o.granted(both, narrow)
	ended := o.granted(both, wide, "photo")
	want := policyrequest.Comparable{Partners: 5, Attributes: []policyrequest.Shared{{Attribute: "fullName", Partners: 5}, {Attribute: "photo", Partners: 1, Special: true}}}
	if diff := cmp.Diff(want, others()); diff != "" {
		t.Error(diff)
	}
	o.must(o.Revoke(t.Context(), o.ada, ended.ID, ended.Version, "Ended."))
	want.Attributes[1].Partners = 0
	if diff := cmp.Diff(want, others()); diff != "" {
		t.Error(diff)
	}
	o.Exec(`update policy_requests set paused_at = updated_at where partner_id = '`+both.Partner.String()+`' and status = 'approved'`, nil)
	if c := others(); c.Partners != 0 {
		t.Errorf("a paused grant counts: %+v", c)
	}
}

func TestReviewTellsWhatThereIsToWeigh(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	a := o.partner("Acme")
	g := o.granted(a, o.inForce("Granted"))
	r := o.asked(a, o.inForce("Asked"))
	review, err := o.Review(t.Context(), o.ada.Scope(), r.ID)
	o.must(err)
	if review.Certificate.State != certificate.None || len(review.Others) != 1 || review.Others[0].ID != g.ID || review.Keys != 0 {
		t.Errorf("%+v", review)
	}
	without, err := o.Uncertified(t.Context(), []policyrequest.Request{r, o.now(g.ID)})
	o.must(err)
	if len(without) != 1 || !without[a.Partner] {
		t.Errorf("%v", without)
	}
	counts, err := o.Counts(t.Context(), o.ada.Scope())
	o.must(err)
	if diff := cmp.Diff(policyrequest.Counts{Pending: 1, Granted: 1}, counts); diff != "" {
		t.Error(diff)
	}
}
