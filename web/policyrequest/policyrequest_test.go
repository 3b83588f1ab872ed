package policyrequest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/internal/policyrequest"
	"portal/web/webtest"
)

// desk is a portal with an admin, a partner of the group Telecom, and policies.
type desk struct {
	*webtest.Desk
	admin, partner *webtest.Client
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Desk: webtest.NewDesk(t)}
	d.admin, d.partner = d.Person("Ada", "en", authz.PartnerAdmin), d.Admitted(authz.AuthPartner)
	return d
}

// letter is an Auth policy's document: a one-time code, and these attributes.
func letter(attributes ...string) string {
	entries := make([]string, len(attributes))
	for i, name := range attributes {
		entries[i] = `{"attributeName": "` + name + `"}`
	}
	return `{"authTokenType": "partner", "allowedAuthTypes": [{"authType": "otp", "mandatory": false}, {"authType": "kyc", "mandatory": false}],
		"allowedKycAttributes": [` + strings.Join(entries, ", ") + "]}"
}

// policy is one in force with these attributes.
func (d *desk) policy(name string, attributes ...string) id.Policy {
	d.T.Helper()
	in := d.Good(policydoc.KindAuth, name)
	in["document"] = letter(attributes...)
	p := d.Writer.Get("/auth-policies/new").Want(200).Submit(in).Want(200)
	d.Second.Get(p.Path + "/activate").Want(200).Submit(nil).Want(200)
	return d.idOf(p.Path)
}

// rewritten puts another text of a policy into force.
func (d *desk) rewritten(pid id.Policy, attributes ...string) {
	d.T.Helper()
	path := "/auth-policies/" + pid.String()
	d.Edit(path, letter(attributes...))
	d.Second.Get(path + "/activate").Want(200).Submit(nil).Want(200)
}

func (d *desk) idOf(path string) id.Policy {
	d.T.Helper()
	pid, err := id.Parse[id.Policy](path[strings.LastIndexByte(path, '/')+1:])
	if err != nil {
		d.T.Fatal(err)
	}
	return pid
}

func (d *desk) deactivate(pid id.Policy) {
	d.T.Helper()
	d.Second.Get("/auth-policies/" + pid.String() + "/deactivate").Want(200).Submit(nil).Want(200)
}

// wantText fails unless the page says all texts; marks of direction do not count.
func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	var all []string
	for _, n := range p.Doc.Find("main, [role=status]").EachIter() {
		n.Find("dt, dd, p, h1, h2, li, td, th, summary, .tag").Each(func(_ int, s *goquery.Selection) { s.AppendHtml(" ") })
		all = append(all, strings.Fields(marks.Replace(n.Text()))...)
	}
	said := strings.Join(all, " ")
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("%s does not say %q:\n%s", p.Path, text, said)
		}
	}
}

var marks = strings.NewReplacer("\u2068", "", "\u2069", "")

func at(r policyrequest.Request) string { return "/policy-requests/" + r.ID.String() }

func TestAPartnerAsksForAPolicy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.policy("Counter", "fullName", "photo")
	browse := d.partner.Get("/policy-requests").Want(200).Click("Browse policies")
	wantText(t, browse, "Policies of your group", "Counter", "Hands out: Full name and Photo.", "Special data", "Everything else is refused.")
	ask := browse.Click("Ask for this policy : Counter").Want(200)
	wantText(t, ask, "Ask for Counter", "The partner receives 2 items of data")
	need := policyrequest.NeedField("photo")
	bad := ask.Submit(webtest.Values{"reason": " ", need: strings.Repeat("é", 501)}).Want(422)
	if bad.FieldError("reason") == "" || bad.FieldError(need) == "" || webtest.Value(bad, need) != strings.Repeat("é", 501) {
		t.Errorf("%q %q", bad.FieldError("reason"), bad.FieldError(need))
	}
	sent := bad.Submit(webtest.Values{"reason": "To open accounts.", need: "To compare it."}).Want(200)
	wantText(t, sent, "Your request for Counter was sent.", "It is our turn", "Place in the queue Number 1", "Too few decisions so far to say.", "To compare it.", "Why Photo is needed")
	// The same form again, another form, and the list.
	wantText(t, bad.Submit(webtest.Values{"reason": "To open accounts.", need: "To compare it."}).Want(200), "Your request for Counter was sent.")
	wantText(t, ask.Submit(webtest.Values{"reason": "Another.", need: "x"}).Want(200), "You have asked for Counter already")
	if got := d.partner.Get(ask.Path).Want(200); got.Title() != "Counter" {
		t.Errorf("asking again leads to %q", got.Path)
	}
	wantText(t, d.partner.Get("/policy-requests").Want(200), "Counter", "Pending approval", "1–1 of 1")
	if mails := d.Mails(d.admin.Actor.Email); len(mails) != 2 || !strings.Contains(mails[1].Text, "To open accounts.") || !strings.Contains(mails[1].Text, webtest.Origin+sent.Path) {
		t.Errorf("the admin gets %+v", mails)
	}
	if other := d.Admitted(authz.AuthPartner); other.Get(sent.Path).Status != 404 || other.Get("/policy-requests").Has("Counter") {
		t.Error("somebody else sees the request")
	}
}

func TestAskingForWhatCannotBeHad(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter")
	ask := d.partner.Get("/policy-requests/new?policy=" + pid.String()).Want(200)
	d.deactivate(pid)
	ask.Submit(webtest.Values{"reason": "x"}).Want(409)
	d.partner.Get("/policy-requests/new?policy=" + pid.String()).Want(409)
	d.partner.Get("/policy-requests/new?policy=" + id.New[id.Policy]().String()).Want(404)
	if p := d.partner.Get("/policy-requests/new?policy=x").Want(200); !strings.HasPrefix(p.Path, "/policy-requests/browse") || !p.Has("No policy of your group is active") {
		t.Errorf("without a policy: %s", p.Path)
	}
	for _, fields := range []url.Values{{"id": {"x"}, "policy": {pid.String()}}, {"id": {id.New[id.PolicyRequest]().String()}}, {"status": {"approved"}}} {
		d.partner.Post("/policy-requests", fields).Want(400)
	}
	d.admin.Get("/policy-requests/browse").Want(403)
	d.Admitted(authz.DeviceProvider).Get("/policy-requests").Want(403)
	d.Second.Get("/policy-requests").Want(403)
}

func TestChangesFieldByField(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.Asks(d.partner, d.policy("Counter", "fullName", "photo"))
	need := policyrequest.NeedField("photo")
	ask := d.admin.Get(at(r)).Want(200).Click("Ask for changes").Want(200)
	if bad := ask.Submit(nil).Want(422); bad.FieldError("note") == "" {
		t.Error("nothing was asked, and nothing is said")
	}
	done := ask.Submit(webtest.Values{"line_" + need: "And afterwards?", "template_" + need: "concrete"}).Want(200)
	wantText(t, done, "Changes requested", "Please say concretely for which step you need it. And afterwards?")
	own := d.partner.Get(at(r)).Want(200)
	wantText(t, own, "It is your turn", "And afterwards?")
	edit := own.Click("Change and send again").Want(200)
	if edit.Doc.Find("textarea").Length() != 1 || edit.Doc.Find(`[name="`+need+`"]`).Length() != 1 {
		t.Errorf("what can be changed is not what was asked: %s", edit.Text())
	}
	d.partner.Post(at(r), url.Values{"version": {"2"}, "reason": {"Locked."}, need: {"x"}}).Want(400)
	edit.Submit(webtest.Values{need: ""}).Want(422)
	again := edit.Submit(webtest.Values{need: "Nothing is stored."}).Want(200)
	wantText(t, again, "was sent again", "It is our turn", "Why Photo is needed: Please say concretely")
	wantText(t, edit.Submit(webtest.Values{need: "Nothing is stored."}).Want(200), "was sent again") // a second click
	wantText(t, edit.Submit(webtest.Values{need: "Other words."}).Want(409), "Nothing of yours was carried out", "Other words.")
	review := d.admin.Get(at(r)).Want(200)
	wantText(t, review, "Changed since submission 1", "Nothing is stored.", "1 answer stayed as it was")
	if review.Doc.Find("ins").Length() != 1 || review.Doc.Find("del").Length() != 1 {
		t.Error("not only the difference is shown")
	}
	wantText(t, ask.Submit(webtest.Values{"note": "Kept words."}).Want(409), "sent newer answers", "Kept words.")
}

func TestApproving(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.Asks(d.partner, d.policy("Counter", "fullName"))
	review := d.admin.Get(at(r)).Want(200)
	wantText(t, review, "This request waits for you", "To verify customers at the counter.", "No certificate counts", "The partner has no other policy")
	ask := review.Click("Approve").Want(200)
	latest := d.App.Requests.Today().AddDate(0, 24, 0)
	for _, day := range []string{"soon", latest.AddDate(0, 0, 1).Format(time.DateOnly), "2020-01-01"} {
		if bad := ask.Submit(webtest.Values{"ends_on": day}).Want(422); bad.FieldError("ends_on") == "" || webtest.Value(bad, "ends_on") != day {
			t.Errorf("%s: %q", day, bad.FieldError("ends_on"))
		}
	}
	done := ask.Submit(webtest.Values{"ends_on": latest.Format(time.DateOnly)}).Want(200)
	wantText(t, done, "Acme", "may use Counter now", "Approved", "Ada Berg approved the request")
	ask.Submit(webtest.Values{"ends_on": latest.Format(time.DateOnly)}).Want(200) // a second click
	wantText(t, d.Person("Bob", "en", authz.PartnerAdmin).Get(at(r)), "Revoke the grant")
	wantText(t, d.partner.Get(at(r)).Want(200), "You have this policy until")
	if mails := d.Mails(d.partner.Actor.Email); !strings.Contains(mails[len(mails)-1].Subject, "approved") {
		t.Errorf("%+v", mails)
	}
	wantText(t, d.Second.Get("/auth-policies/"+r.PolicyID.String()).Want(200), "Who uses this policy", "1 partner has a grant")
	wantText(t, d.admin.Get("/partners/"+r.PartnerID.String()).Want(200), "Policies that it may use", "Counter")
	late := d.admin.Get(at(r) + "/approve").Want(200)
	if late.Path != at(r) {
		t.Errorf("a decided request can be decided on at %s", late.Path)
	}
}

func TestApprovingShowsAnotherVersionFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter", "fullName")
	r := d.Asks(d.partner, pid)
	ask := d.admin.Get(at(r) + "/approve").Want(200)
	d.rewritten(pid, "fullName", "gender")
	again := ask.Submit(nil).Want(409)
	wantText(t, again, "Another version is in force now", "Your page showed version 1; version 2 is in force now.", "Partners gain: gender")
	if d.partner.Get(at(r)).Has("You have this policy") {
		t.Error("it was approved")
	}
	wantText(t, again.Submit(nil).Want(200), "may use Counter now")
	other := d.Asks(d.Admitted(authz.AuthPartner), pid)
	ask = d.admin.Get(at(other) + "/approve").Want(200)
	d.deactivate(pid)
	wantText(t, ask.Submit(nil).Want(409), "The policy Counter is not in force any more")
	wantText(t, d.admin.Get(at(other)).Want(200), "cannot be approved now", "Reject")
	wantText(t, d.partner.Get(at(r)).Want(200), "It hands out nothing now: the policy is not in force.")
}

func TestRejectingAndRevokingWithReasons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter")
	r := d.Asks(d.partner, pid)
	ask := d.admin.Get(at(r) + "/reject").Want(200)
	if bad := ask.Submit(nil).Want(422); bad.FieldError("reason") == "" {
		t.Error("no reason, and nothing is said")
	}
	d.admin.Post(at(r)+"/reject", url.Values{"version": {"1"}, "template": {"no.such"}}).Want(400)
	ask.Submit(webtest.Values{"template": "purpose", "reason": "Please say more."}).Want(200)
	const reason = "The reason given does not show what the data is needed for."
	wantText(t, d.partner.Get(at(r)).Want(200), "The request was rejected", reason, "Please say more.", "Ask for Counter again")
	wantText(t, d.Person("Bob", "en", authz.PartnerAdmin).Get("/policy-requests"), "Rejected")
	wantText(t, ask.Submit(webtest.Values{"template": "less"}).Want(409), "already rejected")
	g := d.Grants(d.Asks(d.partner, pid))
	revoke := d.admin.Get(at(g)).Want(200).Click("Revoke the grant").Want(200)
	wantText(t, revoke, "The grant ends for good", "0 active API keys stop with it.")
	revoke.Submit(nil).Want(422)
	wantText(t, revoke.Submit(webtest.Values{"reason": "Misused."}).Want(200), "revoked", "Misused.")
	wantText(t, d.partner.Get(at(g)).Want(200), "The grant was revoked", "Misused.")
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.Asks(d.partner, d.policy("Counter"))
	ask := d.partner.Get(at(r)).Click("Withdraw the request").Want(200)
	wantText(t, ask.Submit(nil).Want(200), "The request for Counter is withdrawn.", "You withdrew the request")
	ask.Submit(nil).Want(200)
	d.partner.Get(at(r) + "/edit").Want(200)
	g := d.Asks(d.partner, r.PolicyID)
	ask = d.partner.Get(at(g) + "/withdraw").Want(200)
	d.Grants(g)
	wantText(t, ask.Submit(nil).Want(409), "The request was approved on")
}

func TestExtending(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	g := d.Grants(d.Asks(d.partner, d.policy("Counter")))
	if p := d.partner.Get(at(g) + "/extension").Want(200); p.Path != at(g) || p.Has("Ask for an extension") {
		t.Error("an extension can be asked for a year before the end")
	}
	d.Clock.Advance(330 * 24 * time.Hour)
	email := d.partner.Actor.Email
	d.partner, d.admin = d.SignedIn(email), d.SignedIn(d.admin.Actor.Email)
	ask := d.partner.Get(at(g)).Want(200).Click("Ask for an extension").Want(200)
	ask.Submit(nil).Want(422)
	wantText(t, ask.Submit(webtest.Values{"reason": "We go on."}).Want(200), "It waits for an answer.")
	ask.Submit(webtest.Values{"reason": "We go on."}).Want(200)
	wantText(t, ask.Submit(webtest.Values{"reason": "Again."}).Want(409), "already asked for an extension", "Again.")
	review := d.admin.Get("/policy-requests?status=extension").Want(200).Click("Acme " + strings.TrimPrefix(g.Organisation, "Acme ")).Want(200)
	wantText(t, review, "An extension waits for you", "We go on.")
	refuse, extend := review.Click("Refuse the extension").Want(200), review.Click("Extend the grant").Want(200)
	if bad := extend.Submit(webtest.Values{"ends_on": g.EndsOn.Format(time.DateOnly)}).Want(422); bad.FieldError("ends_on") == "" {
		t.Error("the same day is no extension")
	}
	extend.Submit(webtest.Values{"ends_on": ""}).Want(422)
	wantText(t, extend.Submit(nil).Want(200), "is extended")
	wantText(t, refuse.Submit(webtest.Values{"template": "unused"}).Want(409), "already extended the grant")
	if now, err := d.App.Requests.Request(t.Context(), d.Admin().Scope(), g.ID); err != nil || !now.EndsOn.Equal(d.App.Requests.Today().AddDate(0, 12, 0)) {
		t.Errorf("until %v: %v", now.EndsOn, err)
	}
	d.Clock.Advance(400 * 24 * time.Hour)
	over := d.SignedIn(email).Get(at(g)).Want(200)
	wantText(t, over, "It hands out nothing any more: its last day was", "Ask for an extension")
}

func TestDecidingOnSeveralAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	counter, desk := d.policy("Counter", "fullName"), d.policy("Desk", "photo")
	var rows []policyrequest.Request
	for _, pid := range []id.Policy{counter, counter, counter, desk, desk} {
		rows = append(rows, d.Asks(d.Admitted(authz.AuthPartner), pid))
	}
	list := d.admin.Get("/policy-requests").Want(200)
	if n := list.Doc.Find(`input[form=chosen][name=row]`).Length(); n != 5 {
		t.Fatalf("%d rows can be chosen", n)
	}
	query := ""
	for _, r := range rows {
		query += "&row=" + r.ID.String()
	}
	ask := d.admin.Get("/policy-requests/approve?x=1" + query + "&row=" + rows[0].ID.String() + "&row=rubbish").Want(200)
	wantText(t, ask, "Approve 5 requests?", "Hands out: Full name.", "Hands out: Photo.", "Special data", "No certificate of the partner counts")
	for _, r := range rows {
		wantText(t, ask, r.PolicyName+" for "+r.Organisation)
	}
	ask.Submit(webtest.Values{"ends_on": "x"}).Want(422)
	// One is decided, one withdrawn, and one policy changes meanwhile.
	d.Grants(rows[0])
	d.rewritten(desk, "photo", "gender")
	result := ask.Submit(nil).Want(200)
	wantText(t, result, "2 of 5 requests approved", "already approved this request", "Your page showed version 1; version 2 is in force now.", "Done", "Not done")
	rejection := d.admin.Get("/policy-requests/reject?row=" + rows[3].ID.String() + "&row=" + rows[0].ID.String()).Want(200)
	wantText(t, rejection, "Reject 1 request?", "1 of the ticked requests does not wait any more")
	rejection.Submit(nil).Want(422)
	wantText(t, rejection.Submit(webtest.Values{"template": "less"}).Want(200), "1 of 1 requests rejected")
	wantText(t, rejection.Submit(webtest.Values{"template": "less"}).Want(200), "1 of 1 requests rejected") // a second click
	wantText(t, d.admin.Get("/policy-requests/approve").Want(200), "Tick at least one request")
	if d.partner.Get("/policy-requests/approve?"+query).Status != 403 {
		t.Error("a partner decides")
	}
}

func TestTheQueueIsFilteredAndSorted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	counter, other := d.policy("Counter"), d.Admitted(authz.AuthPartner)
	first := d.Asks(d.partner, counter)
	d.Clock.Advance(time.Hour)
	second := d.Asks(other, counter)
	d.Grants(d.Asks(d.partner, d.policy("Desk")))
	order := func(query string) string {
		var names []string
		for _, n := range d.admin.Get("/policy-requests?" + query).Want(200).Doc.Find("tbody th a").EachIter() {
			names = append(names, strings.TrimSpace(n.Text()))
		}
		return strings.Join(names, ", ")
	}
	for query, want := range map[string]string{
		"sort=waiting&status=pending_approval":                 first.Organisation + ", " + second.Organisation,
		"partner=" + first.PartnerID.String() + "&sort=policy": first.Organisation + ", " + first.Organisation,
		"policy=count&sort=submitted":                          first.Organisation + ", " + second.Organisation,
		"status=approved":                                      first.Organisation,
		"group=" + d.Group.ID.String() + "&status=rejected":    "",
		"q=" + url.QueryEscape(second.PublicID):                second.Organisation,
		"status=nonsense&group=x":                              "",
	} {
		if got := order(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if p := d.admin.Get("/policy-requests?q=" + first.ID.String()).Want(200); p.Path != at(first) {
		t.Errorf("an exact id leads to %s", p.Path)
	}
}

func TestABadDayAmongSeveralKeepsTheRest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter", "fullName")
	first, second := d.Asks(d.partner, pid), d.Asks(d.Admitted(authz.AuthPartner), pid)
	ask := d.admin.Get("/policy-requests/approve?row=" + first.ID.String() + "&row=" + second.ID.String()).Want(200)
	d.Grants(first)
	bad := ask.Submit(webtest.Values{"ends_on": "2020-01-01"}).Want(422)
	wantText(t, bad, "Approve 1 request?", "1 of the ticked requests does not wait any more")
	if bad.FieldError("ends_on") == "" {
		t.Error("the day is bad, and nothing is said")
	}
	// What changed while the form came back is told all the same.
	d.rewritten(pid, "fullName", "gender")
	day := d.App.Requests.Today().AddDate(0, 2, 0).Format(time.DateOnly)
	again := bad.Submit(webtest.Values{"ends_on": "2020-01-01"}).Want(422).Submit(webtest.Values{"ends_on": day}).Want(200)
	wantText(t, again, "0 of 1 requests approved", "Your page showed version 1; version 2 is in force now.")
}

func TestABadDayDoesNotHideAnotherVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter", "fullName")
	r := d.Asks(d.partner, pid)
	ask := d.admin.Get(at(r) + "/approve").Want(200)
	d.rewritten(pid, "fullName", "gender")
	bad := ask.Submit(webtest.Values{"ends_on": "soon"}).Want(422)
	day := d.App.Requests.Today().AddDate(0, 2, 0).Format(time.DateOnly)
	told := bad.Submit(webtest.Values{"ends_on": day}).Want(409)
	wantText(t, told, "Your page showed version 1; version 2 is in force now.", "Partners gain: gender")
	wantText(t, told.Submit(nil).Want(200), "may use Counter now")
}

// What was asked about can be gone with another version of the policy: the partner
// still has a way on.
func TestWhatWasAskedAboutIsGone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	pid := d.policy("Counter", "fullName", "photo")
	r := d.Asks(d.partner, pid)
	need := policyrequest.NeedField("photo")
	d.admin.Get(at(r) + "/request-changes").Want(200).Submit(webtest.Values{"line_" + need: "And afterwards?"}).Want(200)
	d.rewritten(pid, "fullName")
	edit := d.partner.Get(at(r)).Want(200).Click("Change and send again").Want(200)
	wantText(t, edit.Submit(webtest.Values{"reason": "For the counter alone."}).Want(200), "was sent again", "It is our turn")
	ask := d.admin.Get(at(r) + "/request-changes").Want(200)
	if ask.Doc.Find(`[name="line_`+need+`"]`).Length() != 0 {
		t.Error("what the policy does not hand out can still be asked about")
	}
}
