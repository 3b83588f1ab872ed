package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/policy"
)

func TestReviewDateAndNote(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	today := day(o.db.Now())
	for name, c := range map[string]struct {
		day  time.Time
		want string
	}{
		"today":              {today, "review_on: policy_rule.review_day"},
		"yesterday":          {today.AddDate(0, 0, -1), "review_on: policy_rule.review_day"},
		"in six years":       {today.AddDate(6, 0, 0), "review_on: policy_rule.review_day"},
		"a day too far":      {today.AddDate(5, 0, 1), "review_on: policy_rule.review_day"},
		"tomorrow":           {today.AddDate(0, 0, 1), ""},
		"tomorrow at noon":   {today.AddDate(0, 0, 1).Add(12 * time.Hour), ""},
		"in five years":      {today.AddDate(5, 0, 0), ""},
		"in twelve, unasked": {time.Time{}, ""},
	} {
		in := o.input("New " + name)
		in.ReviewOn = c.day
		p, err := o.CreatePolicy(t.Context(), o.ada, in)
		if c.want != "" {
			if !cmp.Equal(fields(err), []string{c.want}) {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
			continue
		}
		o.must(err)
		want := day(c.day)
		if c.day.IsZero() {
			want = today.AddDate(1, 0, 0)
		}
		if !p.ReviewOn.Equal(want) || !o.full(p.ID).ReviewOn.Equal(want) {
			t.Errorf("%s: %s, want %s", name, p.ReviewOn, want)
		}
	}
	in := o.input("Long")
	in.Note = strings.Repeat("é", policy.MaxNote+1)
	if _, err := o.CreatePolicy(t.Context(), o.ada, in); !cmp.Equal(fields(err), []string{"note: problem.too_long"}) {
		t.Error(err)
	}
	in.Note = strings.Repeat("é", policy.MaxNote)
	if v := o.full(o.create(in).ID).Waiting; v.Note != in.Note {
		t.Errorf("note %q", v.Note)
	}
}

// Another review date is an edit of its own and makes no version; one that has
// passed stays until somebody changes it.
func TestReviewDateChangesWithoutAVersion(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.inForce("P")
	in := o.input("P")
	in.Note, in.ReviewOn = "why", p.ReviewOn.AddDate(0, 1, 0)
	n := o.logged()
	_, err := o.EditPolicy(t.Context(), o.max, p.ID, p.Version, in)
	o.must(err)
	o.onlyEvent(n, "policy.edited", "done",
		`{"field":"review_on","before":"`+p.ReviewOn.Format(time.DateOnly)+`","after":"`+in.ReviewOn.Format(time.DateOnly)+`"}`)
	f := o.full(p.ID)
	if !f.ReviewOn.Equal(in.ReviewOn) || len(f.Versions) != 1 || f.InForce.Note != "" {
		t.Errorf("%+v", f)
	}
	o.clock.Advance(2 * 366 * 24 * time.Hour)
	n = o.logged()
	for _, same := range []time.Time{in.ReviewOn, {}} {
		in.ReviewOn = same
		_, err := o.EditPolicy(t.Context(), o.max, p.ID, f.Version, in)
		o.must(err)
	}
	o.noEvent(n)
	in.ReviewOn = f.ReviewOn.AddDate(0, 0, 1) // passed as well
	if _, err := o.EditPolicy(t.Context(), o.max, p.ID, f.Version, in); !cmp.Equal(fields(err), []string{"review_on: policy_rule.review_day"}) {
		t.Error(err)
	}
}
