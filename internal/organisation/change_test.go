package organisation

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/problem"
)

func (o *office) profile() Profile {
	o.t.Helper()
	p, err := o.Profile(o.t.Context(), o.owner.Scope(), o.acme.ID)
	o.must(err)
	return p
}

func TestProfileAndContacts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	in := ProfileInput{Address: " 2 New Street\r\nPort Louis ", Phone: "+230 999 9999", Lang: "fr"}
	for range 2 { // a second click
		o.must(o.EditProfile(ctx, o.owner, 2, in))
	}
	p := o.profile()
	if p.Address != "2 New Street\nPort Louis" || p.Phone != "+230 999 9999" || p.Lang != "fr" || p.Version != 3 {
		t.Errorf("%+v", p.Partner)
	}
	other := in
	other.Lang = "ar"
	if err := o.EditProfile(ctx, o.owner, 2, other); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("CON-1: a stale version: %v", err)
	}
	if n := o.Count(`audit_log where action = 'partner.edited' and detail not like '%999 9999%'`); n != 1 {
		t.Errorf("%d events without the whole phone number", n)
	}
	list := []Contact{{Kind: "technical", Name: " Tara ", Email: "TARA@acme.example", Phone: ""}, {}, {Kind: "security", Name: "Sam", Email: "sam@acme.example", Phone: "+1 555 0100"}}
	for range 2 {
		o.must(o.SaveContacts(ctx, o.owner, 3, list))
	}
	want := []Contact{{Kind: "technical", Name: "Tara", Email: "TARA@acme.example"}, list[2]}
	if got := o.profile().Contacts; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	o.must(o.SaveContacts(ctx, o.owner, 4, nil))
	if n := o.Count(`partner_contacts`); n != 0 {
		t.Errorf("%d contacts left", n)
	}
	if _, err := o.Profile(ctx, owner(o.active("Lens")).Scope(), o.acme.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("AUT-3: another partner's profile: %v", err)
	}
}

func TestProfileAndContactsRefuse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	if got := fields(o.EditProfile(ctx, o.owner, 2, ProfileInput{Address: "\x00", Phone: "x", Lang: "tlh"})); !slices.Equal(got, []string{"address", "phone", "lang"}) {
		t.Errorf("refused at %q", got)
	}
	bad := []Contact{
		{Kind: "sales", Name: strings.Repeat("x", 129), Email: "a@b", Phone: "call me"},
		{Name: "Somebody"},
	}
	if got := fields(o.SaveContacts(ctx, o.owner, 2, bad)); !slices.Equal(got, []string{
		"contact_1_kind", "contact_1_name", "contact_1_email", "contact_1_phone", "contact_2_kind", "contact_2_email",
	}) {
		t.Errorf("refused at %q", got)
	}
	many := slices.Repeat([]Contact{{Kind: "legal", Name: "Lena", Email: "lena@acme.example"}}, MaxContacts+1)
	if got := fields(o.SaveContacts(ctx, o.owner, 2, many)); !slices.Equal(got, []string{"contact_11_name"}) {
		t.Errorf("too many: %q", got)
	}
	o.must(o.SaveContacts(ctx, o.owner, 2, many[:MaxContacts]))
	member := o.owner
	member.Roles = []authz.Role{o.acme.Type}
	for name, err := range map[string]error{
		"profile": o.EditProfile(ctx, member, 3, ProfileInput{}), "contacts": o.SaveContacts(ctx, member, 3, bad),
		"name": o.AskName(ctx, member, "", ""), "address": o.AskAddress(ctx, member, "new@acme.example", "Moved"),
		"code": proveErr(o.ProveAddress(ctx, member, "123456")), "resend": o.ResendCode(ctx, member),
		"withdraw": o.Withdraw(ctx, member, id.New[id.PartnerChange]()),
		"approve":  o.Approve(ctx, o.owner, id.New[id.PartnerChange](), 1), "reject": o.Reject(ctx, o.owner, id.New[id.PartnerChange](), 1, ""),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func proveErr(_ challenge.Result, err error) error { return err }

func TestNameChangesWhenAnAdminApproves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	if got := fields(o.AskName(ctx, o.owner, " ", "")); !slices.Equal(got, []string{"organisation", "reason"}) {
		t.Errorf("refused at %q", got)
	}
	if got := fields(o.AskName(ctx, o.owner, "Acme", "No reason")); !slices.Equal(got, []string{"organisation"}) {
		t.Errorf("the same name: %q", got)
	}
	for range 2 {
		o.must(o.AskName(ctx, o.owner, "Acme Group", "We merged"))
	}
	wantConflict(t, o.AskName(ctx, o.owner, "Acme Holding", "We merged"), "organisation.conflict.open")
	c := o.profile().Open(Name)
	if c == nil || c.Before != "Acme" || c.After != "Acme Group" || c.Status != Pending {
		t.Fatalf("%+v", c)
	}
	if got := o.mails(o.admin.Email); !slices.Equal(got, []string{"change_waiting"}) {
		t.Errorf("the admin's mails: %q", got)
	}
	if p, err := o.Changes(ctx, o.admin.Scope(), ChangeList.Parse(map[string][]string{"status": {"pending_approval"}, "field": {"organisation"}, "q": {"acm"}})); err != nil || len(p.Items) != 1 {
		t.Errorf("%+v, %v", p.Items, err)
	}
	if p, err := o.Changes(ctx, o.owner.Scope(), ChangeList.Parse(nil)); err != nil || len(p.Items) != 0 {
		t.Errorf("AUT-2: a partner lists changes: %+v, %v", p.Items, err)
	}
	if n, err := o.WaitingChanges(ctx); n != 1 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if _, err := o.Change(ctx, owner(o.active("Lens")).Scope(), c.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("AUT-3: another partner's change: %v", err)
	}
	eva := o.Staff("Eva Second", "en", authz.PartnerAdmin)
	if err := o.Approve(ctx, o.admin, c.ID, 7); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("CON-1: a stale version: %v", err)
	}
	for range 2 {
		o.must(o.Approve(ctx, o.admin, c.ID, c.Version))
	}
	wantConflict(t, o.Reject(ctx, eva, c.ID, c.Version, "No"), "organisation.conflict.approved")
	wantConflict(t, o.Withdraw(ctx, o.owner, c.ID), "organisation.conflict.approved")
	p := o.Load(o.acme.ID)
	if p.Organisation != "Acme Group" || p.Version != 3 {
		t.Errorf("%s, version %d", p.Organisation, p.Version)
	}
	if n := o.Count(`webhook_events where type = 'partner.changed' and data->>'organisation' = 'Acme Group' and data->>'previous' = 'Acme'`); n != 1 {
		t.Errorf("%d events", n)
	}
	if got := o.mails(o.acme.Email); !slices.Equal(got, []string{"name_changed"}) {
		t.Errorf("mails: %q", got)
	}
}

func TestChangesAreRejectedAndWithdrawn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.must(o.AskName(ctx, o.owner, "Acme Group", "We merged"))
	c := o.profile().Open(Name)
	if got := fields(o.Reject(ctx, o.admin, c.ID, 1, " ")); !slices.Equal(got, []string{"reason"}) {
		t.Errorf("refused at %q", got)
	}
	for range 2 {
		o.must(o.Reject(ctx, o.admin, c.ID, 1, "The register says Acme"))
	}
	if o.Load(o.acme.ID).Organisation != "Acme" || o.Count(`mail_outbox where kind = 'change_rejected' and params->>'Reason' = 'The register says Acme'`) != 1 {
		t.Error("a rejected change came through, or nobody was told")
	}
	o.must(o.AskName(ctx, o.owner, "Acme Group", "The register is right now"))
	c = o.profile().Open(Name)
	if err := o.Withdraw(ctx, owner(o.active("Lens")), c.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("AUT-3: another partner withdraws it: %v", err)
	}
	for range 2 {
		o.must(o.Withdraw(ctx, o.owner, c.ID))
	}
	wantConflict(t, o.Approve(ctx, o.admin, c.ID, c.Version), "organisation.conflict.withdrawn")
	o.must(o.AskName(ctx, o.owner, "Acme Group", "Once more"))
	o.must(o.Deactivate(ctx, o.admin, o.acme.ID, 2, why))
	if n := o.Count(`partner_changes where status = 'withdrawn'`); n != 2 {
		t.Errorf("%d withdrawn, want the one that the deactivation ended too", n)
	}
}

func TestAddressChangesWithProofAndApproval(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.SignIn(o.acme.OwnerID)
	if got := fields(o.AskAddress(ctx, o.owner, "NADIA@acme.example", "Same")); !slices.Equal(got, []string{"email"}) {
		t.Errorf("the same address: %q", got)
	}
	for range 2 {
		o.must(o.AskAddress(ctx, o.owner, "typo@acme.example", "We moved"))
	}
	o.must(o.AskAddress(ctx, o.owner, "New@acme.example", "We moved"))
	if got := o.mails("typo@acme.example"); !slices.Equal(got, []string{"new_address_code"}) {
		t.Errorf("mails to the first new address: %q", got)
	}
	if n, err := o.WaitingChanges(ctx); n != 0 || err != nil {
		t.Errorf("%d wait before the address is proved, %v", n, err)
	}
	if got := fields(proveErr(o.ProveAddress(ctx, o.owner, ""))); !slices.Equal(got, []string{"code"}) {
		t.Errorf("no code: %q", got)
	}
	right := o.code()
	wrong := "000000"
	if right == wrong {
		wrong = "111111"
	}
	if res, err := o.ProveAddress(ctx, o.owner, wrong); err != nil || res.Outcome != challenge.Wrong || res.Left != 4 {
		t.Errorf("REG-7: %+v, %v", res, err)
	}
	c := o.profile().Open(Address)
	wantConflict(t, o.Approve(ctx, o.admin, c.ID, c.Version), "organisation.conflict.unproved")
	o.minute()
	o.must(o.ResendCode(ctx, o.owner))
	if res, err := o.ProveAddress(ctx, o.owner, right); err != nil || res.Outcome != challenge.Wrong {
		t.Errorf("REG-4: the code of the earlier mail: %+v, %v", res, err)
	}
	if res, err := o.ProveAddress(ctx, o.owner, o.code()); err != nil || res.Outcome != challenge.OK {
		t.Fatalf("%+v, %v", res, err)
	}
	if got := o.mails(o.acme.Email); !slices.Equal(got, []string{"address_change_asked"}) {
		t.Errorf("the old address is told: %q", got)
	}
	wantConflict(t, o.AskAddress(ctx, o.owner, "third@acme.example", "We moved"), "organisation.conflict.open")
	c = o.profile().Open(Address)
	o.must(o.Approve(ctx, o.admin, c.ID, c.Version))
	p := o.Load(o.acme.ID)
	if p.Email != "New@acme.example" || o.Count(`users where email_key = 'new@acme.example'`) != 1 {
		t.Errorf("the owner's address is %s", p.Email)
	}
	if o.alive(o.acme.OwnerID) != 0 {
		t.Error("SES-5: a session survives the change of the address")
	}
	for _, to := range []string{o.acme.Email, "New@acme.example"} {
		if got := o.mails(to); !slices.Contains(got, "address_changed") {
			t.Errorf("%s was not told: %q", to, got)
		}
	}
	if n := o.Count(`audit_log where detail like '%new@%' or detail like '%New@%' or detail like '%nadia@%'`); n != 0 {
		t.Errorf("AUD-2: %d events hold a whole address", n)
	}
}

func TestREG1TakenAddressLooksLikeAnyOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.must(o.AskAddress(ctx, o.owner, o.admin.Email, "We moved"))
	if got := o.mails(o.admin.Email); !slices.Equal(got, []string{"already_registered"}) {
		t.Errorf("mails: %q", got)
	}
	if res, err := o.ProveAddress(ctx, o.owner, o.code()); err != nil || res.Outcome != challenge.Wrong {
		t.Errorf("%+v, %v", res, err)
	}
	// Or it gets an account while the change waits.
	o.must(o.AskAddress(ctx, o.owner, "new@acme.example", "We moved"))
	if res, err := o.ProveAddress(ctx, o.owner, o.code()); err != nil || res.Outcome != challenge.OK {
		t.Fatalf("%+v, %v", res, err)
	}
	o.Exec(`update users set email = 'new@acme.example', email_key = 'new@acme.example' where id = @id`, pg.Args{"id": o.admin.User})
	c := o.profile().Open(Address)
	wantConflict(t, o.Approve(ctx, o.admin, c.ID, c.Version), "organisation.conflict.address_taken")
	o.must(o.Reject(ctx, o.admin, c.ID, c.Version, "It is somebody else's"))
}

func TestUnprovedAddressIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.must(o.AskAddress(ctx, o.owner, "new@acme.example", "We moved"))
	for range 5 {
		if _, err := o.ProveAddress(ctx, o.owner, "no code"); err != nil {
			t.Fatal(err)
		}
	}
	o.must(o.AskAddress(ctx, o.owner, "new@acme.example", "We moved")) // a new code after five wrong ones
	if n := len(o.mails("new@acme.example")); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
	o.clock.Advance(8 * 24 * time.Hour)
	o.must(challenge.Purge(ctx, o.DB))
	if _, _, err := o.Proof(ctx, o.owner); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a proof of a challenge that is gone: %v", err)
	}
	o.must(o.AskAddress(ctx, o.owner, "new@acme.example", "We moved"))
	if res, err := o.ProveAddress(ctx, o.owner, o.code()); err != nil || res.Outcome != challenge.OK {
		t.Errorf("%+v, %v", res, err)
	}
}

// Of decisions at the same moment one counts (security.md CON-2), and a name is
// not given to a partner that is deactivated at that moment.
func TestCON2OneDecisionOnAChange(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.warm()
	ctx := t.Context()
	eva := o.Staff("Eva Second", "en", authz.PartnerAdmin)
	o.must(o.AskName(ctx, o.owner, "Acme Group", "We merged"))
	c := o.profile().Open(Name)
	won := 0
	for _, err := range o.atOnce(
		func() error { return o.Approve(ctx, o.admin, c.ID, 1) },
		func() error { return o.Reject(ctx, eva, c.ID, 1, "No") },
		func() error { return o.Withdraw(ctx, o.owner, c.ID) },
		func() error { return o.Approve(ctx, eva, c.ID, 1) },
	) {
		if err == nil {
			won++
		} else if !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	if n := o.Count(`audit_log where action in ('partner.change_approved', 'partner.change_rejected', 'partner.change_withdrawn')`); won != 1 || n != 1 {
		t.Errorf("%d decisions, %d events", won, n)
	}
	again := o.active("Lens")
	o.must(o.AskName(ctx, owner(again), "Lens Group", "We merged"))
	cid, err := pg.Value[id.PartnerChange](ctx, o.DB.Read(), `select id from partner_changes where partner_id = @id`, pg.Args{"id": again.ID})
	o.must(err)
	for _, err := range o.atOnce(
		func() error { return o.Approve(ctx, o.admin, cid, 1) },
		func() error { return o.Deactivate(ctx, o.admin, again.ID, 2, why) },
	) {
		if err != nil && !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	p := o.Load(again.ID)
	if renamed := o.Count(`partner_changes where after = 'Lens Group' and status = 'approved'`); (renamed == 1) != (p.Organisation == "Lens Group") {
		t.Errorf("%s is %s, %d approved", p.Organisation, p.Status, renamed)
	}
	if p.Organisation == "Lens" && p.Status != partner.Deactivated {
		t.Error("neither happened")
	}
}
