package home_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"portal/internal/authz"
	"portal/internal/demo"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/webhook"
	"portal/web/webtest"
)

// What a tile of the home page counts is what stands in the list behind it, today
// and when much of the demonstration comes to its end.
func TestTilesCountWhatTheirListsShow(t *testing.T) {
	t.Parallel()
	site := webtest.New(t)
	if err := demo.Load(t.Context(), site.App); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, wait := range []time.Duration{0, 20, 60, 260, 370} {
		site.Clock.Advance(wait * 24 * time.Hour)
		for _, who := range []string{"admin@demo.test", "auth@demo.test", "credential@demo.test", "camera@demo.test"} {
			c := site.SignedIn(who)
			c.Get("/home").Want(200).Doc.Find("main a.tile").Each(func(_ int, a *goquery.Selection) {
				href := a.AttrOr("href", "")
				if !strings.ContainsAny(href, "?") || strings.HasPrefix(href, "/mail") || strings.HasPrefix(href, "/webhooks?status=active") {
					return // counts something else than rows
				}
				rows := c.Get(href + "&size=100").Want(200).Doc.Find("main .list tbody tr").Length()
				if got := strings.TrimSpace(a.Find("b").Text()); got != strconv.Itoa(rows) {
					t.Errorf("after %d days, %s: the home page says %s, %s shows %d", wait, who, got, href, rows)
				}
				seen[href] = seen[href] || rows > 0
			})
		}
	}
	for _, href := range []string{
		"/policy-requests?status=pending_approval", "/policy-requests?within=30", "/trust-store?status=waiting", "/certificates?within=30",
		"/sbis?sort=waiting&status=pending_approval", "/sbis?within=30", "/devices?sort=waiting&status=pending_approval",
	} {
		if !seen[href] {
			t.Errorf("nothing ever stood at %s: %v", href, seen)
		}
	}
}

// The steps of an admitted partner follow what it has.
func TestTasksOfAnAdmittedPartner(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := policy.Input{Kind: policydoc.KindAuth, GroupID: d.Group.ID, Name: "Sign-in", Description: "x", Document: webtest.Sample(policydoc.KindAuth)}
	made, err := d.App.Policies.CreatePolicy(t.Context(), d.Writer.Actor, in)
	if err != nil {
		t.Fatal(err)
	}
	d.Second.Get("/auth-policies/" + made.ID.String() + "/activate").Want(200).Submit(nil).Want(200)
	c := d.Admitted(authz.AuthPartner)
	const way = "Done, Done, Done, "
	expect := func(what, want string) {
		t.Helper()
		home := c.Get("/home").Want(200)
		complete(t, home)
		if got := statuses(home); got != way+want {
			t.Errorf("%s: %s", what, got)
		}
	}
	expect("admitted", "Waiting for you, Open, Cannot start yet")
	request := d.Asks(c, made.ID)
	expect("asked", "Waiting for you, Waiting for us, Cannot start yet")
	d.Grants(request)
	expect("granted", "Waiting for you, Done, Cannot start yet")
	for kind, want := range map[authz.Role]string{
		authz.DeviceProvider: "Waiting for you, Open, Cannot start yet",
		authz.FTMProvider:    "Waiting for you, Open, Cannot start yet, Cannot start yet",
	} {
		if got := statuses(d.Admitted(kind).Get("/home").Want(200)); got != way+want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// What did not reach its receiver waits for an admin on the home page.
func TestFailedEventsWaitForAnAdmin(t *testing.T) {
	t.Parallel()
	site := webtest.New(t)
	c := site.Staff(authz.PartnerAdmin)
	c.Get("/webhooks/new").Want(200).Submit(webtest.Values{"description": "Auth", "url": "http://127.0.0.1:1/"}).Want(200)
	site.Admitted(authz.AuthPartner)
	for range 12 {
		if err := site.App.WebhookWorker().Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		site.Clock.Advance(24 * time.Hour)
	}
	n, err := pg.Value[int](t.Context(), site.App.DB.Read(), `select count(*) from webhook_deliveries where status = @s`, pg.Args{"s": string(webhook.GivenUp)})
	if err != nil || n != 1 {
		t.Fatalf("%d given up, %v", n, err)
	}
	home := site.SignedIn(c.Actor.Email).Get("/home").Want(200)
	for _, text := range []string{"event did not reach its receiver", "webhook has accepted nothing for a day"} {
		if !home.Has(text) {
			t.Errorf("home lacks %q: %s", text, home.Text())
		}
	}
	if list := home.Client.Get("/webhook-deliveries?status=given_up").Want(200); !list.Has("Given up") {
		t.Errorf("%s", list.Text())
	}
}
