package partner

import (
	"slices"
	"testing"

	"portal/internal/pg"
)

// Other systems are told of who is admitted, and of no other decision.
func TestAdmissionIsPublished(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	yes, no := o.pending("Acme Telecom"), o.pending("Umbrella")
	if err := o.s.Approve(t.Context(), o.admin, yes.ID, yes.Version); err != nil {
		t.Fatal(err)
	}
	if err := o.s.Approve(t.Context(), o.admin, yes.ID, yes.Version); err != nil { // a second click
		t.Fatal(err)
	}
	if err := o.s.Reject(t.Context(), o.admin, no.ID, no.Version, "Not now."); err != nil {
		t.Fatal(err)
	}
	got, err := pg.Values[string](t.Context(), o.db.Read(), `
		select type || ' ' || partner_id || ' ' || (data ->> 'partner') || ' ' || (data ->> 'organisation') || ' ' || (data ->> 'type')
		from webhook_events order by position`, nil)
	want := []string{"partner.activated " + yes.ID.String() + " " + yes.PublicID + " Acme Telecom " + string(yes.Type)}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}
