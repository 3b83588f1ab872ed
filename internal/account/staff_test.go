package account

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/challenge"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
)

func invitation(name string, roles ...authz.Role) StaffInput {
	return StaffInput{ID: newID(), Email: name + "@office.test", FirstName: name, LastName: "Tester", Lang: "fr", Roles: roles}
}

func TestInviteAndTakeUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	in := invitation("paul", authz.PolicyManager)
	o.must(o.Invite(t.Context(), admin, in))
	o.must(o.Invite(t.Context(), admin, in)) // a second click
	m, err := o.StaffMember(t.Context(), in.ID)
	o.must(err)
	if m.Status != Invited || !m.Holds(authz.PolicyManager) || m.Holds(authz.PartnerAdmin) || m.InvitedAt == nil {
		t.Errorf("%+v", m)
	}
	if got := o.mails("paul@office.test"); !slices.Equal(got, []string{string(mail.StaffInvitation)}) {
		t.Errorf("mails: %q", got)
	}
	first := o.link(challenge.Invite, "paul@office.test")
	o.must(o.InviteAgain(t.Context(), admin, in.ID)) // at once: nothing
	o.clock.Advance(2 * time.Minute)
	o.must(o.InviteAgain(t.Context(), admin, in.ID))
	if outcome, err := o.ResetPassword(t.Context(), visitor(1), first, good); outcome == challenge.OK || err != nil {
		t.Errorf("the link of the earlier mail: %s, %v", outcome, err)
	}
	second := o.link(challenge.Invite, "paul@office.test")
	outcome, err := o.ResetPassword(t.Context(), visitor(1), second, good)
	if err != nil || outcome != challenge.OK {
		t.Fatal(outcome, err)
	}
	if _, err := o.signIn(2, "paul", good, ""); err != nil {
		t.Error(err)
	}
	var conflict *problem.ConflictError
	if err := o.InviteAgain(t.Context(), admin, in.ID); !errors.As(err, &conflict) {
		t.Errorf("inviting somebody with a password: %v", err)
	}
	log := o.actions()
	for _, action := range []audit.Action{audit.StaffInvited, audit.StaffInvitedAgain, audit.PasswordReset, audit.SignedIn} {
		if n := len(slices.DeleteFunc(slices.Clone(log), func(l string) bool { return !strings.HasPrefix(l, string(action)+" done paul") })); n != 1 {
			t.Errorf("%s: %d events of %q", action, n, log)
		}
	}
}

func TestInviteRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	o.staff("taken", authz.PolicyManager)
	bad := func(change func(*StaffInput)) error {
		in := invitation("new", authz.PolicyManager)
		change(&in)
		return o.Invite(t.Context(), admin, in)
	}
	wantField(t, bad(func(in *StaffInput) { in.Email = "" }), "email", "problem.required")
	wantField(t, bad(func(in *StaffInput) { in.Email = " TAKEN@office.test" }), "email", "staff.problem.email_taken")
	wantField(t, bad(func(in *StaffInput) { in.FirstName = "\x00" }), "first_name", "problem.bad_characters")
	wantField(t, bad(func(in *StaffInput) { in.LastName = strings.Repeat("x", 65) }), "last_name", "problem.too_long")
	wantField(t, bad(func(in *StaffInput) { in.Lang = "tlh" }), "lang", "problem.choose")
	wantField(t, bad(func(in *StaffInput) { in.Roles = nil }), "roles", "staff.problem.no_role")
	wantField(t, bad(func(in *StaffInput) { in.Roles = []authz.Role{authz.AuthPartner} }), "roles", "problem.choose")
	wantField(t, bad(func(in *StaffInput) { in.Roles = []authz.Role{authz.PartnerAdmin, authz.System} }), "roles", "problem.choose")
	if err := bad(func(in *StaffInput) { in.ID = admin.User }); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("somebody else's id: %v", err)
	}
	if n := o.count("users", nil); n != 2 {
		t.Errorf("%d accounts", n)
	}
	manager := authz.Actor{User: newID(), Roles: []authz.Role{authz.PolicyManager}}
	for name, err := range map[string]error{
		"invite":       o.Invite(t.Context(), manager, invitation("x", authz.PartnerAdmin)),
		"invite badly": o.Invite(t.Context(), manager, StaffInput{}),
		"invite again": o.InviteAgain(t.Context(), manager, admin.User),
		"roles":        o.SetRoles(t.Context(), manager, admin.User, 1, []authz.Role{authz.PolicyManager}),
		"deactivate":   o.Deactivate(t.Context(), manager, admin.User, 1),
		"reactivate":   o.Reactivate(t.Context(), manager, admin.User, 1),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s as a Policy Manager: %v", name, err)
		}
	}
}

func TestAUT6NobodyChangesTheirOwnRights(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	o.staff("second", authz.PartnerAdmin)
	for name, err := range map[string]error{
		"roles":      o.SetRoles(t.Context(), admin, admin.User, 1, []authz.Role{authz.PolicyManager, authz.PartnerAdmin}),
		"deactivate": o.Deactivate(t.Context(), admin, admin.User, 1),
		"reactivate": o.Reactivate(t.Context(), admin, admin.User, 1),
	} {
		if !errors.Is(err, problem.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := o.db.Housekeep(t.Context(), "by hand", func(tx *pg.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into user_roles (user_id, role, granted_by, granted_at) values (@u, 'POLICYMANAGER', @u, now())`, pg.Args{"u": admin.User})
		return err
	})
	if !pg.Violates(err, "user_roles_not_by_oneself_check") {
		t.Errorf("the database lets somebody grant themselves a role: %v", err)
	}
	if m, _ := o.StaffMember(t.Context(), admin.User); m.Version != 1 || !slices.Equal(m.Roles, []string{"PARTNER_ADMIN"}) {
		t.Errorf("%+v", m)
	}
}

func TestAUT6LastPartnerAdminStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	last, acting := o.staff("last", authz.PartnerAdmin), o.staff("acting", authz.PartnerAdmin)
	o.must(o.Invite(t.Context(), last, invitation("invited", authz.PartnerAdmin))) // cannot act yet
	o.must(o.Deactivate(t.Context(), last, acting.User, 1))
	// acting's request began before that.
	var conflict *problem.ConflictError
	if err := o.Deactivate(t.Context(), acting, last.User, 1); !errors.As(err, &conflict) || conflict.Key != "staff.conflict.last_admin" {
		t.Errorf("deactivate: %v", err)
	}
	if err := o.SetRoles(t.Context(), acting, last.User, 1, []authz.Role{authz.PolicyManager}); !errors.As(err, &conflict) {
		t.Errorf("take the role: %v", err)
	}
	o.must(o.SetRoles(t.Context(), acting, last.User, 1, []authz.Role{authz.PolicyManager, authz.PartnerAdmin})) // gains one
}

// mutual lets two admins deactivate each other, and tells how many are left.
func mutual(t *testing.T, careless bool) (left int) {
	t.Helper()
	two := replicas(t, 2, randomKeys())
	a, b := two[0].staff("a", authz.PartnerAdmin), two[0].staff("b", authz.PartnerAdmin)
	if careless {
		for _, o := range two {
			o.serialise = func(context.Context, *pg.Tx) error { return nil }
		}
	}
	errs := atOnce(2, func(i int) error {
		if i == 0 {
			return two[0].Deactivate(t.Context(), a, b.User, 1)
		}
		return two[1].Deactivate(t.Context(), b, a.User, 1)
	})
	for _, err := range errs {
		if err != nil && !errors.Is(err, problem.ErrConflict) {
			t.Error(err)
		}
	}
	return two[0].count(`users where status = 'active'`, nil)
}

func TestAUT6AdminsDeactivateEachOther(t *testing.T) {
	t.Parallel()
	for range 10 {
		if left := mutual(t, false); left != 1 {
			t.Fatalf("%d admins are left", left)
		}
	}
}

// Without the lock both succeed, at least now and then: the test above would
// notice.
func TestAUT6MutantIsCaught(t *testing.T) {
	t.Parallel()
	for range 30 {
		if mutual(t, true) == 0 {
			return
		}
	}
	t.Error("30 races without the lock left an admin each time: the test is blind")
}

func TestAUT7FirstAdminByCommand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in := FirstInput{Email: "first@office.test", FirstName: "first", Lang: "en", Role: authz.PartnerAdmin}
	lost, err := o.CreateFirst(t.Context(), in)
	o.must(err)
	link, err := o.CreateFirst(t.Context(), in) // the link was lost: a fresh one
	o.must(err)
	if outcome, _ := o.ResetPassword(t.Context(), visitor(1), lost, good); outcome == challenge.OK {
		t.Error("the lost link works")
	}
	if outcome, err := o.ResetPassword(t.Context(), visitor(1), link, good); outcome != challenge.OK || err != nil {
		t.Fatal(outcome, err)
	}
	e, err := o.signIn(1, "first", good, "")
	o.must(err)
	if !e.Actor.May(authz.StaffManage) {
		t.Error("the first admin cannot invite")
	}
	for name, again := range map[string]FirstInput{
		"the same":       in,
		"another":        {Email: "second@office.test", FirstName: "second", Lang: "en", Role: authz.PartnerAdmin},
		"another role":   {Email: "second@office.test", FirstName: "second", Lang: "en", Role: authz.PolicyManager},
		"a partner role": {Email: "second@office.test", FirstName: "second", Lang: "en", Role: authz.AuthPartner},
	} {
		if _, err := o.CreateFirst(t.Context(), again); err == nil {
			t.Errorf("%s: made", name)
		} else if name != "a partner role" && !errors.Is(err, ErrAdminExists) {
			t.Errorf("%s: %v", name, err)
		}
	}
	invited := invitation("invited", authz.PolicyManager)
	o.must(o.Invite(t.Context(), e.Actor, invited))
	if _, err := o.CreateFirst(t.Context(), FirstInput{Email: invited.Email, FirstName: "x", Lang: "en", Role: authz.PartnerAdmin}); !errors.Is(err, ErrAdminExists) {
		t.Errorf("the command promoted somebody: %v", err)
	}
	if _, err := o.CreateFirst(t.Context(), FirstInput{Email: invited.Email, FirstName: "x", Lang: "en", Role: authz.PolicyManager}); err != nil {
		t.Errorf("a fresh link for an invitation: %v", err)
	}
	if n := o.count("users", nil); n != 2 {
		t.Errorf("%d accounts", n)
	}
}

// Two commands at the same moment make one first admin who can act.
func TestAUT7TwoCommandsAtOnce(t *testing.T) {
	t.Parallel()
	three := replicas(t, 3, randomKeys())
	in := FirstInput{Email: "first@office.test", FirstName: "first", Lang: "en", Role: authz.PartnerAdmin}
	for _, err := range atOnce(6, func(i int) error {
		_, err := three[i%3].CreateFirst(t.Context(), in)
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := three[0].count("users", nil); n != 1 {
		t.Errorf("%d accounts", n)
	}
	if n := three[0].count("challenges where consumed_at is null", nil); n != 1 {
		t.Errorf("%d links work", n)
	}
}

func TestDeactivateTellsAndReactivateKeeps(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin, owner := o.staff("admin", authz.PartnerAdmin), o.staff("owner", authz.PolicyManager)
	if err := o.Deactivate(t.Context(), admin, owner.User, 7); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("an old page: %v", err)
	}
	o.must(o.Deactivate(t.Context(), admin, owner.User, 1))
	o.must(o.Deactivate(t.Context(), admin, owner.User, 1)) // a second click
	if got := o.mails("owner@office.test"); !slices.Equal(got, []string{string(mail.AccountDeactivated)}) {
		t.Errorf("mails: %q", got)
	}
	o.must(o.Reactivate(t.Context(), admin, owner.User, o.version(owner)))
	o.must(o.Reactivate(t.Context(), admin, owner.User, 2))
	_, err := o.signIn(1, "owner", good, "")
	o.must(err)
	for _, uid := range []id.User{newID(), {}} {
		if err := o.Deactivate(t.Context(), admin, uid, 1); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	}
}

func TestStaffList(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("Amina", authz.PartnerAdmin)
	o.staff("paul", authz.PolicyManager)
	both := o.staff("both", authz.PolicyManager, authz.PartnerAdmin)
	o.must(o.Invite(t.Context(), admin, invitation("invited_%", authz.PolicyManager)))
	o.must(o.Deactivate(t.Context(), admin, both.User, 1))
	for query, want := range map[string]string{
		"":                                "Amina both invited_% paul",
		"sort=-name":                      "paul invited_% both Amina",
		"sort=email":                      "Amina both invited_% paul",
		"q=AUL%40":                        "paul",
		"q=tester":                        "Amina both invited_% paul",
		"q=_%25":                          "invited_%",
		"role=PARTNER_ADMIN":              "Amina both",
		"role=nonsense":                   "",
		"status=invited":                  "invited_%",
		"status=active":                   "Amina paul",
		"status=deactivated&q=both":       "both",
		"sort=status":                     "Amina paul both invited_%",
		"sort=password&page=1000000&size": "Amina both invited_% paul",
	} {
		v, err := url.ParseQuery(query)
		o.must(err)
		p, err := o.StaffList(t.Context(), List.Parse(v))
		o.must(err)
		var names []string
		for _, m := range p.Items {
			names = append(names, m.FirstName)
		}
		if got := strings.Join(names, " "); query != "sort=status" && got != want || query == "sort=status" && len(names) != 4 {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

// The states in the code are those of the constraint.
func TestStatusesAreTheDatabases(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	def, err := pg.Value[string](t.Context(), o.db.Read(), `select pg_get_constraintdef(oid) from pg_constraint where conname = 'users_status_check'`, nil)
	o.must(err)
	for _, s := range Statuses.All() {
		if !strings.Contains(def, "'"+string(s)+"'") {
			t.Errorf("%s is not in %s", s, def)
		}
	}
	if strings.Count(def, "'") != 2*len(Statuses.All()) {
		t.Errorf("%s knows other states than %v", def, Statuses.All())
	}
}
