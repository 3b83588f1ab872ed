package policy_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

// auth is an Auth policy that hands out these attributes after a one-time code.
func auth(attributes ...string) string {
	var list []string
	for _, a := range attributes {
		list = append(list, fmt.Sprintf("    { \"attributeName\": %q }", a))
	}
	return "{\n  \"authTokenType\": \"policy\",\n  \"allowedAuthTypes\": [\n    { \"authType\": \"otp\", \"mandatory\": true }\n  ],\n" +
		"  \"allowedKycAttributes\": [\n" + strings.Join(list, ",\n") + "\n  ]\n}\n"
}

// inForce is an Auth policy with this text in force.
func inForce(d *webtest.Desk, name, document string) string {
	d.T.Helper()
	values := d.Good(policydoc.KindAuth, name)
	values["document"] = document
	p := d.Writer.Get("/auth-policies/new").Submit(values).Want(200)
	d.Second.Get(p.Path + "/activate").Submit(nil).Want(200)
	return p.Path
}

func TestPolicyPageSaysWhatIsInForceAndWhatWaits(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName", "gender"))
	d.Edit(path, auth("fullName", "dateOfBirth"))
	p := d.Second.Get(path).Want(200)
	webtest.WantText(t, p, "In force: version 1", "Waiting for activation: version 2", "Version 2 waits for activation, and nothing stands in the way.",
		"Partners gain: date of birth.", "Partners lose: gender.", "Version 2 compared with version 1.", d.Clock.Now().AddDate(0, 12, 0).Format("2 January 2006"), "What was in force on")
	if n := p.Doc.Find("main details ol.code").Length(); n != 2 {
		t.Errorf("%d texts folded away, want 2", n)
	}
	var links []string
	for _, a := range p.Doc.Find("main .actions a").EachIter() {
		links = append(links, a.Text()+" "+strings.ReplaceAll(strings.ReplaceAll(a.AttrOr("href", ""), path, "…"), strings.TrimPrefix(path, "/auth-policies/"), "ID"))
	}
	want := "Activate …/activate, Edit …/edit, Clone /auth-policies/new?from=ID&version=2, Deactivate …/deactivate, Discard …/discard"
	if got := strings.Join(links, ", "); got != want {
		t.Errorf("actions:\n%s\nwant\n%s", got, want)
	}
	p.Click("Activated version 1").Want(200)
}

func TestVersionPage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName", "gender"))
	d.Edit(path, "{\n  \"authTokenType\": \"whenever\"\n}\n")
	one := d.Writer.Get(path + "/versions/1").Want(200)
	webtest.WantText(t, one, "Version 1 of Counter", "In force", "Wanda", "Sam", "gender", "Activated version 1")
	if got := one.Doc.Find("ol.code li").Length(); got != strings.Count(auth("fullName", "gender"), "\n") {
		t.Errorf("%d lines", got)
	}
	if one.Doc.Find("button[data-print][hidden]").Length() != 1 {
		t.Error("no button that script turns into Print")
	}
	// A faulty one is no sentence, and its findings lead to its lines.
	two := d.Writer.Get(path + "/versions/2").Want(200)
	webtest.WantText(t, two, "cannot be activated yet", "nobody can say yet what it would allow", "Never")
	if to := two.Doc.Find(".findings a").First().AttrOr("href", ""); two.Doc.Find("ol.code "+to).Length() != 1 {
		t.Errorf("a finding leads to %q", to)
	}
	for _, number := range []string{"3", "0", "-1", "01", "x", "99999999999999999999", "1%20", "1.json.json"} {
		d.Writer.Get(path + "/versions/" + number).Want(404)
	}
	d.Writer.Get(strings.Replace(path, "auth", "datashare", 1) + "/versions/1").Want(404)
}

func TestAsOf(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--timezone=Asia/Tokyo")
	d.Clock.Advance(time.Date(2030, 6, 1, 1, 0, 0, 0, time.UTC).Sub(d.Clock.Now())) // 10:00 in Tokyo
	sign := func(c *webtest.Client) *webtest.Client { return d.SignedIn(c.Actor.Email) }
	again := func() { // sessions do not last for years
		w, s := d.Writer.Actor, d.Second.Actor
		d.Writer, d.Second = sign(d.Writer), sign(d.Second)
		d.Writer.Actor, d.Second.Actor = w, s
	}
	again()
	path := inForce(d, "Counter", auth("fullName"))
	d.Clock.Advance(24 * time.Hour) // 2 June: another version
	again()
	d.Edit(path, auth("fullName", "gender"))
	d.Second.Get(path + "/activate").Submit(nil).Want(200)
	d.Clock.Advance(24 * time.Hour) // 3 June: out of force
	again()
	d.Writer.Get(path + "/deactivate").Submit(nil).Want(200)
	d.Clock.Advance(6 * 24 * time.Hour)
	again()
	for asked, want := range map[string]string{
		"2030-05-31":                  "This policy did not exist yet",
		"2030-06-01":                  "In force then: version 1", // its end, not its beginning
		"2030-06-02":                  "In force then: version 2",
		"2030-06-03":                  "No version was in force then",
		"2030-06-09":                  "No version was in force then", // today
		"2030-06-02T09:59:59%2B09:00": "In force then: version 1",
		"2030-06-02T10:00:01+09:00":   "In force then: version 2", // the plus comes as a blank
		"2030-06-02T01:00:01Z":        "In force then: version 2",
		"0001-01-01":                  "This policy did not exist yet",
	} {
		p := d.Writer.Get(path + "?as_of=" + asked).Want(200)
		webtest.WantText(t, p, want, "As it was on", "nothing can be changed here")
		if n := p.Doc.Find("main .actions, main form[method=post]").Length(); n > 0 {
			t.Errorf("%s: something can be done", asked)
		}
		if p.Click("Back to the policy as it is now").Path != path {
			t.Errorf("%s: no way back", asked)
		}
	}
	// The moment itself is said: the end of the day where the portal stands.
	webtest.WantText(t, d.Writer.Get(path+"?as_of=2030-06-01"), "1 June 2030, 23:59 (UTC+9)")
}

// A version that came and went on one day says when.
func TestPeriodsOfOneDayHaveTimes(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--timezone=UTC")
	start := d.Clock.Now()
	path := inForce(d, "Counter", auth("fullName"))
	d.Clock.Advance(time.Minute)
	d.Edit(path, auth("fullName", "gender"))
	d.Second.Get(path + "/activate").Submit(nil).Want(200)
	clock := start.UTC().Format("2 January 2006, 15:04") + "–" + d.Clock.Now().UTC().Format("15:04")
	webtest.WantText(t, d.Writer.Get(path), "on "+clock)
	webtest.WantText(t, d.Writer.Get(path+"/versions/1"), "on "+clock)
	webtest.WantText(t, d.Writer.Get(path+"/versions/2"), "since "+d.Clock.Now().UTC().Format("2 January 2006, 15:04"))
	webtest.WantText(t, d.Writer.Get(path+"?as_of="+url.QueryEscape(start.Add(time.Second).Format(time.RFC3339))), "on "+clock, "the description of the policy, and the names of the attributes, are today’s")
}

func TestOlderVersionsAreAllWithinReach(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	for _, a := range []string{"gender", "phone", "email"} {
		d.Edit(path, auth("fullName", a))
	}
	p := d.Second.Get(path + "/versions?before=4").Want(200)
	webtest.WantText(t, p, "Versions of Counter before version 4")
	if got := webtest.VersionStates(p); got != "Replaced, Replaced, In force" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, d.Second.Get(path+"/versions?before=1").Want(200), "There is no older version")
	for _, asked := range []string{"", "?before=x", "?before=-1", "?before=99999999999999999999"} {
		if n := d.Second.Get(path + "/versions" + asked).Want(200).Doc.Find("tbody tr").Length(); n != 4 {
			t.Errorf("%s: %d versions, want all", asked, n)
		}
	}
	if two := d.Second.Get(path + "/versions/3").Click("Version before").Want(200); two.Path != path+"/versions/2" {
		t.Errorf("before 3 stands %s", two.Path)
	} else if two.Click("Version after").Path != path+"/versions/3" {
		t.Error("no way on from 2")
	}
	for number, want := range map[string]string{"1": "Version after", "4": "Version before"} {
		p := d.Second.Get(path + "/versions/" + number)
		if p.Has("Version after") != (want == "Version after") || p.Has("Version before") != (want == "Version before") {
			t.Errorf("version %s: want %q alone", number, want)
		}
	}
}

func TestINJAsOfGarbageIsThePageOfToday(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	for _, asked := range []string{
		"2026-02-30", "yesterday", "2099-01-01", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "%00", "%ff", "-1", "2026-06-01T00:00:00",
		strings.Repeat("9", 3000), "'; drop table policies;--", "99999999999-01-01",
	} {
		p := d.Writer.Get(path + "?as_of=" + url.QueryEscape(strings.ReplaceAll(asked, "%", "\x00"))).Want(200)
		webtest.WantText(t, p, "The address asks for a day that cannot be understood", "In force: version 1")
	}
	if d.Writer.Get(path + "?as_of=").Want(200).Has("cannot be understood") {
		t.Error("an empty field is an error")
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	alone := d.Auth("Alone").Path
	webtest.WantText(t, d.Writer.Get(alone+"/compare").Want(200), "There is only one version")
	path := inForce(d, "Counter", auth("fullName", "gender", "phone", "email", "photo", "city"))
	d.Edit(path, auth("fullName", "dateOfBirth", "phone", "email", "photo", "city"))
	d.Edit(path, auth("fullName", "gender", "phone", "email", "photo", "city")+"\n")
	// By default what is in force and what waits.
	p := d.Writer.Get(path + "/compare").Want(200)
	webtest.WantText(t, p, "Versions 1 and 3 of Counter", "Both say the same; only the way it is written differs.")
	p = d.Writer.Get(path + "/compare?from=1&to=2").Want(200)
	webtest.WantText(t, p, "Versions 1 and 2 of Counter", "Partners gain: date of birth.", "Partners lose: gender.", "4 lines are the same")
	lost, gained := p.Doc.Find(".diff del"), p.Doc.Find(".diff ins")
	if lost.Length() != 1 || gained.Length() != 1 || lost.Text() != `8−    { "attributeName": "gender" },` || gained.Text() != `8+    { "attributeName": "dateOfBirth" },` {
		t.Errorf("text: %q %q", lost.Text(), gained.Text())
	}
	if n := p.Doc.Find(".compare del").Length(); n == 0 || n != p.Doc.Find(".compare ins").Length() {
		t.Errorf("%d sentences lost", n)
	}
	// The way back is the same the other way round.
	p = d.Writer.Get(path + "/compare?from=2&to=1").Want(200)
	webtest.WantText(t, p, "Partners lose: date of birth.", "Partners gain: gender.")
	webtest.WantText(t, d.Writer.Get(path+"/compare?from=2&to=2").Want(200), "You chose version 2 twice")
	// A version with faults is compared as text.
	d.Edit(path, "{\n  \"authTokenType\": 1\n}\n")
	webtest.WantText(t, d.Writer.Get(path+"/compare?from=1&to=4").Want(200), "only the texts can be compared")
	for _, unknown := range []string{"from=9&to=1", "from=1&to=2147483647"} {
		d.Writer.Get(path + "/compare?" + unknown).Want(404)
	}
	for _, garbage := range []string{"from=x&to=1", "from=-1", "to=01", "from=99999999999999999999", "from=%00&to=%ff", "to=1e1"} {
		webtest.WantText(t, d.Writer.Get(path+"/compare?"+garbage).Want(200), "something that is no number")
	}
}

func TestListMarksReviewsAndDiscarded(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	path := inForce(d, "Counter", auth("fullName"))
	gone := d.Auth("Gone").Path
	d.Writer.Get(gone + "/discard").Submit(nil).Want(200)
	list := d.Writer.Get("/auth-policies")
	if copied := list.Click("Clone").Want(200); webtest.Value(copied, "document") != auth("fullName") {
		t.Errorf("a copy begins with %q", webtest.Value(copied, "document"))
	}
	if list.Has("Gone") || list.Has("Review due") {
		t.Error("the list shows what is discarded, or a review that is a year away")
	}
	webtest.WantText(t, d.Writer.Get("/auth-policies?status=discarded"), "Gone", "Discarded")
	d.Clock.Advance(306 * 24 * time.Hour)
	later := d.SignedIn(d.Writer.Actor.Email)
	webtest.WantText(t, later.Get("/auth-policies"), "Review due")
	later.Get(path).Click("Review it now").Want(200)
	d.Clock.Advance(61 * 24 * time.Hour)
	later = d.SignedIn(d.Writer.Actor.Email)
	webtest.WantText(t, later.Get("/auth-policies"), "Review overdue")
}

func TestAUT3DecisionsOfOtherPolicies(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	one, two := inForce(d, "One", auth("fullName")), inForce(d, "Two", auth("fullName"))
	decision := strings.TrimPrefix(d.Writer.Get(one).Click("Activated version 1").Want(200).Path, one)
	for _, path := range []string{two + decision, one + "/decisions/" + id.New[id.PolicyDecision]().String(), one + "/decisions/x", one + "/decisions/1"} {
		d.Writer.Get(path).Want(404)
	}
	partner := d.Partner(authz.AuthPartner)
	for _, path := range []string{one, one + decision, one + "/versions/1", one + "/compare", one + "/discard", one + "/versions/1/restore"} {
		partner.Get(path).Want(403)
	}
}
