package policyrequest_test

import (
	"slices"
	"testing"

	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/policy"
)

// Partners that use a policy hear what becomes of it, with the way to their grant;
// so does whoever wrote it.
func TestDecisionOnAPolicyIsToldToWhomItConcerns(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	pid := o.inForce("Border", "email")
	uses, gone := o.partner("Uses"), o.partner("Gone")
	o.partner("Never")
	grant := o.granted(uses, pid, "email")
	o.granted(gone, pid, "email")
	o.Exec(`update partners set status = 'deactivated' where id = @id`, pg.Args{"id": gone.Partner})
	told := func() []string {
		t.Helper()
		out, err := pg.Values[string](t.Context(), o.DB.Read(), `
			select kind || ' ' || u.first_name || ' ' || coalesce(params->>'Path', '') from mail_outbox m join users u on u.id = m.user_id order by 1`, nil)
		o.must(err)
		o.Exec(`delete from mail_outbox`, nil)
		return out
	}
	path, own := "/policy-requests/"+grant.ID.String(), "/policies/"+pid.String()
	told()
	o.rewritten(pid, "email", "phone")
	if got, want := told(), []string{string(mail.PolicyInForce) + " Nadia " + path, string(mail.PolicyWrittenIn) + " Ada " + own}; !slices.Equal(got, want) {
		t.Errorf("another version: %q, want %q", got, want)
	}
	o.decide(pid, policy.Deactivate)
	if got, want := told(), []string{string(mail.PolicyOutOfForce) + " Nadia " + path, string(mail.PolicyWrittenOut) + " Ada " + own}; !slices.Equal(got, want) {
		t.Errorf("deactivated: %q, want %q", got, want)
	}
}
