package account

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/secret"
)

func (o *office) preferences(a authz.Actor) string {
	o.t.Helper()
	choice, err := o.Preferences(o.t.Context(), a)
	o.must(err)
	var out []string
	for _, p := range choice {
		mark := "-"
		if p.On {
			mark = "+"
		}
		out = append(out, mark+string(p.Topic))
	}
	return strings.Join(out, " ")
}

// tell lets an event reach everybody who may activate policies.
func (o *office) tell(kind mail.Kind) {
	o.t.Helper()
	o.must(o.db.Housekeep(o.t.Context(), "test", func(tx *pg.Tx) error {
		return TellStaff(o.t.Context(), tx, authz.PolicyActivate, kind, id.User{}, nil)
	}))
}

func TestTopicsAreOfferedToThoseWhoGetThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for role, want := range map[authz.Role]string{
		authz.PartnerAdmin:   "+new_requests +policy_changes +policy_reviews +endings_early +endings_daily +weekly_summary +audit_heads",
		authz.PolicyManager:  "+policy_changes +policy_reviews",
		authz.AuthPartner:    "+policy_changes +endings_early +endings_daily",
		authz.DeviceProvider: "+endings_early +endings_daily",
		authz.Applicant:      "",
	} {
		a := authz.Actor{User: id.New[id.User](), Roles: []authz.Role{role}}
		if got := o.preferences(a); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
	}
}

func TestChoiceOfMails(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ada, max := o.staff("ada", authz.PartnerAdmin), o.staff("max", authz.PolicyManager)
	ctx := t.Context()
	o.must(o.SetPreferences(ctx, ada, map[mail.Topic]bool{
		mail.PolicyReviews: false, mail.WeeklySummary: false,
		mail.Essential: false, "no_such": false, // no business of hers
	}))
	if got := o.preferences(ada); got != "+new_requests +policy_changes -policy_reviews +endings_early +endings_daily -weekly_summary +audit_heads" {
		t.Errorf("chosen: %s", got)
	}
	o.must(o.SetPreferences(ctx, ada, map[mail.Topic]bool{mail.WeeklySummary: true}))
	if got := o.preferences(ada); !strings.HasSuffix(got, "-policy_reviews +endings_early +endings_daily +weekly_summary +audit_heads") {
		t.Errorf("another window undid a choice: %s", got)
	}
	before := len(o.actions())
	o.must(o.SetPreferences(ctx, ada, map[mail.Topic]bool{mail.WeeklySummary: true, mail.PolicyReviews: false}))
	o.must(o.SetPreferences(ctx, ada, nil))
	if after := len(o.actions()); after != before {
		t.Errorf("%d events for what stood already", after-before)
	}
	o.tell(mail.PolicyReviewDue)
	o.tell(mail.PolicyEmergency)
	if got := o.mails("ada@office.test"); !slices.Equal(got, []string{string(mail.PolicyEmergency)}) {
		t.Errorf("mails to Ada: %q", got)
	}
	if got := o.mails("max@office.test"); !slices.Equal(got, []string{string(mail.PolicyReviewDue), string(mail.PolicyEmergency)}) {
		t.Errorf("mails to Max: %q", got)
	}
	if err := o.SetPreferences(ctx, authz.VisitorAt(max.IP, ""), map[mail.Topic]bool{mail.PolicyReviews: false}); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("a visitor: %v", err)
	}
	if log := o.actions(); !has(log, audit.NotificationsChanged, "done ada Tester") {
		t.Errorf("events: %v", log)
	}
}

func TestUnsubscribeByLink(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ada := o.staff("ada", authz.PartnerAdmin)
	ctx := t.Context()
	link := UnsubscribeToken(o.keys, ada.User, mail.PolicyReviews)
	sub, ok, err := o.Subscription(ctx, link)
	if err != nil || !ok || !sub.On || sub.Topic != mail.PolicyReviews {
		t.Fatalf("%+v %v %v", sub, ok, err)
	}
	var wg sync.WaitGroup
	for range 8 { // a program that clicks again, and people who do
		wg.Go(func() { o.must(o.Unsubscribe(ctx, visitor(1), sub)) })
	}
	wg.Wait()
	n := len(slices.DeleteFunc(o.actions(), func(line string) bool { return !has([]string{line}, audit.MailsSwitchedOff, "done ada Tester") }))
	if got := o.preferences(ada); n != 1 || !strings.Contains(got, "-policy_reviews") || strings.Count(got, "-") != 1 {
		t.Errorf("%d events, %s", n, got)
	}
	if sub, ok, err = o.Subscription(ctx, link); err != nil || !ok || sub.On {
		t.Errorf("afterwards: %+v %v %v", sub, ok, err)
	}
}

// Nothing that the portal did not make does anything, and no
// answer tells which accounts exist.
func TestREG1UnsubscribeLinksOfOthers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ada, max := o.staff("ada", authz.PartnerAdmin), o.staff("max", authz.PartnerAdmin)
	good := UnsubscribeToken(o.keys, ada.User, mail.PolicyReviews)
	mac := good[strings.LastIndexByte(good, '.'):]
	for name, token := range map[string]string{
		"empty":          "",
		"another person": max.User.String() + ".policy_reviews" + mac,
		"another topic":  ada.User.String() + ".weekly_summary" + mac,
		"essential":      ada.User.String() + "." + mac,
		"another key":    UnsubscribeToken(secret.RandomKeys(), ada.User, mail.PolicyReviews),
		"cut off":        good[:len(good)-1],
		"longer":         good + "A",
		"padded":         good + "=",
		"upper case":     strings.ToUpper(good),
		"huge":           strings.Repeat("x", 1<<16),
		"dots":           strings.Repeat(".", 40),
		"line end":       good + "\r\n",
	} {
		if sub, ok, err := o.Subscription(t.Context(), token); ok || err != nil || sub.On {
			t.Errorf("%s: %+v %v %v", name, sub, ok, err)
		}
	}
	gone, ok, err := o.Subscription(t.Context(), UnsubscribeToken(o.keys, id.New[id.User](), mail.PolicyReviews))
	if err != nil || !ok || gone.On {
		t.Errorf("an account that is gone: %+v %v %v", gone, ok, err)
	}
	o.must(o.Unsubscribe(t.Context(), visitor(1), gone))
}

func FuzzUnsubscribeToken(f *testing.F) {
	keys := secret.RandomKeys()
	s := &Service{keys: keys}
	good := UnsubscribeToken(keys, id.New[id.User](), mail.WeeklySummary)
	f.Add(good)
	f.Add("..")
	f.Add(strings.Repeat("a", 36) + ".x." + strings.Repeat("A", 43))
	f.Fuzz(func(t *testing.T, token string) {
		user, topic, ok := s.readUnsubscribe(token)
		if ok && token != UnsubscribeToken(keys, user, topic) {
			t.Errorf("%q counts as a link of %s for %q", token, user, topic)
		}
	})
}

// Who was invited and has not come yet has proved no address, so nothing
// but the invitation goes there.
func TestREG3InvitedPeopleAreToldNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin := o.staff("admin", authz.PartnerAdmin)
	o.must(o.Invite(t.Context(), admin, invitation("paul", authz.PolicyManager)))
	o.tell(mail.PolicyEmergency)
	if got := o.mails("paul@office.test"); !slices.Equal(got, []string{string(mail.StaffInvitation)}) {
		t.Errorf("mails: %q", got)
	}
}

// Each change of what somebody may do reaches them.
func TestStaffAreToldOfTheirAccess(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	admin, paul := o.staff("admin", authz.PartnerAdmin), o.staff("paul", authz.PolicyManager)
	ctx := t.Context()
	o.must(o.SetRoles(ctx, admin, paul.User, o.version(paul), []authz.Role{authz.PartnerAdmin, authz.PolicyManager}))
	o.must(o.Deactivate(ctx, admin, paul.User, o.version(paul)))
	o.must(o.Reactivate(ctx, admin, paul.User, o.version(paul)))
	want := []string{string(mail.RolesChanged), string(mail.AccountDeactivated), string(mail.AccountReactivated)}
	if got := o.mails("paul@office.test"); !slices.Equal(got, want) {
		t.Errorf("mails: %q, want %q", got, want)
	}
}
