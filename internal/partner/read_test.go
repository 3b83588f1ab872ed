package partner

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
)

func (o *office) list(scope authz.Scope, query string) []string {
	o.t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		o.t.Fatal(err)
	}
	page, err := o.s.Partners(o.t.Context(), scope, PartnerList.Parse(v))
	if err != nil {
		o.t.Fatalf("%s: %v", query, err)
	}
	names := []string{}
	for _, r := range page.Items {
		names = append(names, r.Organisation)
	}
	return names
}

func TestListFiltersAndSorts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme := o.pending("Acme")
	o.pending("Zeta Lens", func(a *Answers) { a.Type, a.PolicyGroupID = authz.DeviceProvider, "" })
	o.pending("beta 100% Bank", func(a *Answers) { a.PolicyGroupID = o.banking.String(); a.Type = authz.CredentialPartner })
	if err := o.s.Approve(t.Context(), o.admin, acme.ID, 1); err != nil {
		t.Fatal(err)
	}
	all := authz.Scope{All: true}
	for query, want := range map[string]string{
		"":                                   "beta 100% Bank, Zeta Lens, Acme",
		"sort=organisation":                  "Acme, beta 100% Bank, Zeta Lens",
		"sort=-organisation":                 "Zeta Lens, beta 100% Bank, Acme",
		"sort=submitted":                     "Acme, Zeta Lens, beta 100% Bank",
		"sort=public_id":                     "Acme, beta 100% Bank, Zeta Lens",
		"sort=group":                         "beta 100% Bank, Acme, Zeta Lens",
		"sort=type":                          "Acme, beta 100% Bank, Zeta Lens",
		"sort=status":                        "Acme, Zeta Lens, beta 100% Bank",
		"sort=nonsense":                      "beta 100% Bank, Zeta Lens, Acme",
		"status=pending_approval":            "beta 100% Bank, Zeta Lens",
		"status=active":                      "Acme",
		"status=nonsense":                    "beta 100% Bank, Zeta Lens, Acme",
		"type=DEVICE_PROVIDER":               "Zeta Lens",
		"type=PARTNER_ADMIN":                 "beta 100% Bank, Zeta Lens, Acme",
		"group=" + o.banking.String():        "beta 100% Bank",
		"group=Banking":                      "beta 100% Bank, Zeta Lens, Acme",
		"name=ETA":                           "beta 100% Bank, Zeta Lens",
		"name=%25":                           "beta 100% Bank",
		"name=_":                             "",
		"email=NADIA%40zeta":                 "Zeta Lens",
		"q=zeta-l":                           "Zeta Lens",
		"q=acme.example":                     "Acme",
		"q=BANK":                             "beta 100% Bank",
		"q=" + acme.ID.String():              "Acme",
		"q=" + id.New[id.Partner]().String(): "",
		"q=a&status=active&type=AUTH_PARTNER&group=" + o.telecom.String() + "&name=ac&email=nadia": "Acme",
		"page=1000000000&size=10": "beta 100% Bank, Zeta Lens, Acme",
	} {
		if got := strings.Join(o.list(all, query), ", "); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	page, err := o.s.Partners(t.Context(), all, PartnerList.Parse(url.Values{"status": {"nonsense"}, "page": {"7"}}))
	if err != nil || page.Query.Filtered() || page.Total != 3 {
		t.Errorf("a filter that cannot be is no filter: %+v %v", page, err)
	}
}

func TestAUT2ListShowsOnlyWhatIsInScope(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	acme, other := o.pending("Acme"), o.pending("Other")
	for _, query := range []string{"", "q=e", "name=o", "email=nadia", "q=" + other.ID.String(), "status=pending_approval"} {
		for _, name := range o.list(person(acme).Scope(), query) {
			if name != "Acme" {
				t.Errorf("%s shows %s", query, name)
			}
		}
		if got := o.list(authz.Scope{}, query); len(got) != 0 {
			t.Errorf("%s shows nobody's %v", query, got)
		}
		if got := o.list(authz.Actor{Roles: []authz.Role{authz.PolicyManager}}.Scope(), query); len(got) != 0 {
			t.Errorf("%s shows a Policy Manager %v", query, got)
		}
	}
}

func TestEarlierRequestsOfTheSamePeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	mailbox := func(address string) func(*Answers) { return func(a *Answers) { a.Email = address } }
	rejected := o.pending("ACME Telecom", mailbox("a@elsewhere.example"), func(a *Answers) { a.PublicID = "old" })
	if err := o.s.Reject(t.Context(), o.admin, rejected.ID, 1, "No licence"); err != nil {
		t.Fatal(err)
	}
	o.pending("Another firm", mailbox("b@acme.example"))
	o.pending("Acme Telecoms Ltd", mailbox("c@somewhere.example"))
	o.pending("Unrelated", mailbox("d@gmail.com"))
	p := o.pending("Acme Telecom", mailbox("e@acme.example"))
	r, err := o.s.Review(t.Context(), o.admin.Scope(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	type found struct {
		Name                 string
		Organisation, Domain bool
		Similar              bool
		Status               Status
		Reason               string
		Decided              bool
	}
	var got []found
	for _, x := range r.Related {
		got = append(got, found{x.Organisation, x.SameOrganisation, x.SameDomain, x.Similar, x.Status, x.Reason, x.DecidedAt != nil})
	}
	want := []found{
		{Name: "Acme Telecoms Ltd", Similar: true, Status: PendingApproval},
		{Name: "Another firm", Domain: true, Status: PendingApproval},
		{Name: "ACME Telecom", Organisation: true, Status: Rejected, Reason: "No licence", Decided: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	gmail := o.pending("Private person", mailbox("f@gmail.com"))
	if r, err := o.s.Review(t.Context(), o.admin.Scope(), gmail.ID); err != nil || len(r.Related) != 0 {
		t.Errorf("a public mailbox says nothing: %+v %v", r.Related, err)
	}
}

func TestCountsAndOldest(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second, third := o.pending("First"), o.pending("Second"), o.pending("Third")
	if err := o.s.Approve(t.Context(), o.admin, third.ID, 1); err != nil {
		t.Fatal(err)
	}
	fourth := o.pending("Fourth")
	if err := o.s.RequestChanges(t.Context(), o.admin, fourth.ID, 1, nil, "More"); err != nil {
		t.Fatal(err)
	}
	c, err := o.s.Counts(t.Context())
	if diff := cmp.Diff(Counts{Pending: 2, ChangesRequested: 1}, c); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if n, err := o.s.Waiting(t.Context()); err != nil || n != 2 {
		t.Error(n, err)
	}
	rows, err := o.s.Oldest(t.Context(), 5)
	if err != nil || len(rows) != 2 || rows[0].ID != first.ID || rows[1].ID != second.ID {
		t.Errorf("%v %v", rows, err)
	}
	if rows, err := o.s.Oldest(t.Context(), 1); err != nil || len(rows) != 1 {
		t.Errorf("%v %v", rows, err)
	}
}

func TestReviewKnowsADeactivatedGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.pending("Acme")
	for status, want := range map[string]bool{"deactivated": false} {
		o.exec(`update policy_groups set status = @s`, pg.Args{"s": status})
		r, err := o.s.Review(t.Context(), o.admin.Scope(), p.ID)
		if err != nil || r.GroupActive != want {
			t.Errorf("%s: %v %v", status, r.GroupActive, err)
		}
	}
}

func TestAnswersByName(t *testing.T) {
	t.Parallel()
	var a Answers
	for _, field := range Fields {
		a.Set(field, "value of "+field)
		if got := a.Value(field); got != "value of "+field {
			t.Errorf("%s: %q", field, got)
		}
	}
	a.Set("status", "x")
	if a.Value("status") != "" {
		t.Error("an unknown field holds something")
	}
	for _, field := range Askable {
		if before := a; true {
			before.Set(field, "other")
			if before == a {
				t.Errorf("%s is no answer", field)
			}
		}
	}
}
