package policyreview_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/webtest"
)

// due is an Auth policy in force with a review date so many days ahead.
func due(d *webtest.Desk, name string, days int) policy.Full {
	d.T.Helper()
	ctx := d.T.Context()
	p, err := d.App.Policies.CreatePolicy(ctx, d.Writer.Actor, policy.Input{
		Kind: policydoc.KindAuth, GroupID: d.Group.ID, Name: name, Description: "For tests",
		Document: webtest.Sample(policydoc.KindAuth), ReviewOn: d.App.DB.Now().AddDate(0, 0, days),
	})
	if err == nil {
		err = activate(d, d.Second.Actor, p, policy.Seen{Version: p.Version})
	}
	full, err2 := d.App.Policies.Policy(ctx, p.ID, p.Kind)
	if err != nil || err2 != nil {
		d.T.Fatal(err, err2)
	}
	return full
}

func activate(d *webtest.Desk, a authz.Actor, p policy.Policy, saw policy.Seen) error {
	picture, err := d.App.Policies.Picture(d.T.Context(), a, p.ID, policy.Activate, 0)
	if err != nil {
		return err
	}
	saw.Picture = picture.Fingerprint()
	return d.App.Policies.ActivatePolicy(d.T.Context(), a, p.ID, saw)
}

func TestReviewerWalksThroughWhatIsDue(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	empty := d.Second.Get("/policy-reviews").Want(200)
	webtest.WantText(t, empty, "Nothing is due", "60 days before")
	due(d, "First", 5)
	due(d, "Second one", 20)
	due(d, "Much later", 200)
	webtest.WantText(t, d.Second.Get("/home"), "policies are due for review")
	list := d.Second.Get("/policy-reviews").Want(200)
	webtest.WantText(t, list, "2 policies are due for review", "First", "Second one", "in 5 days", "Telecom")
	if list.Has("Much later") {
		t.Error("what is not due is listed")
	}
	first := list.Click("Start reviewing").Want(200)
	webtest.WantText(t, first, "Open the policy", "See the preview", "hands out", "2 other", "Last change")
	webtest.WantText(t, first, "Review First", "2 policies are due for review; after", "Keep as it is", "Skip to Second one", "0 partners may use it")
	bad := first.Submit(webtest.Values{"review_on": "yesterday", "note": "kept"}).Want(422)
	if bad.FieldError("review_on") != "Enter a date." || webtest.Value(bad, "note") != "kept" {
		t.Errorf("%q, note %q", bad.FieldError("review_on"), webtest.Value(bad, "note"))
	}
	soon := first.Submit(webtest.Values{"review_on": d.App.Policies.Today().AddDate(0, 0, policy.ReviewAhead).Format(time.DateOnly)}).Want(422)
	if text := soon.FieldError("review_on"); !strings.Contains(text, "more than 60 days ahead") {
		t.Errorf("a day that keeps it due: %q", text)
	}
	second := first.Submit(webtest.Values{"note": "Still needed."}).Want(200)
	webtest.WantText(t, second, "First is kept.", "Review Second one")
	last := second.Submit(nil).Want(200)
	webtest.WantText(t, last, "Second one is kept.", "Nothing is due")
	if p := first.Submit(webtest.Values{"note": "Still needed."}).Want(200); p.Path != "/policy-reviews" {
		t.Errorf("a second click leads to %s", p.Path)
	}
	webtest.WantText(t, d.Second.Get(first.Path).Want(200), "Reviewed before", "Kept as it was", "By \u2068Sam", "Still needed.")
	again := first.Submit(webtest.Values{"note": "Something else."}).Want(409)
	webtest.WantText(t, again, "You changed it yourself", "Nothing was carried out")
}

func TestDueTakesOnlyWhatIsInForce(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	draft := d.Auth("Draft")
	pid := draft.Path[strings.LastIndex(draft.Path, "/")+1:]
	if p := d.Second.Get("/policy-reviews/due/" + pid).Want(200); p.Path != draft.Path {
		t.Errorf("a draft is reviewed at %s", p.Path)
	}
	for _, path := range []string{"/policy-reviews/due/" + id.New[id.Policy]().String(), "/policy-reviews/due/x", "/policy-reviews/" + id.New[id.PolicyReview]().String(), "/policy-reviews/x"} {
		d.Second.Get(path).Want(404)
	}
	d.Admitted(authz.AuthPartner).Get("/policy-reviews").Want(403)
}

func TestAUT6EmergencyReviewInTheBrowser(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p, err := d.App.Policies.CreatePolicy(t.Context(), d.Writer.Actor, policy.Input{
		Kind: policydoc.KindAuth, GroupID: d.Group.ID, Name: "Border", Description: "x", Document: webtest.Sample(policydoc.KindAuth),
	})
	if err == nil {
		err = activate(d, d.Writer.Actor, p, policy.Seen{Version: p.Version, Emergency: true, Reason: "The border is closed."})
	}
	if err != nil {
		t.Fatal(err)
	}
	webtest.WantText(t, d.Second.Get("/home"), "emergency activation to review")
	own := d.Writer.Get("/policy-reviews").Want(200).Click("Border").Want(200)
	webtest.WantText(t, own, "You cannot review this yourself", "The border is closed.")
	if own.Doc.Find("main form").Length() != 0 {
		t.Error("she is offered to close it")
	}
	page := d.Second.Get(own.Path).Want(200)
	webtest.WantText(t, page, "Review the emergency activation of Border", "in 7 days", "Wanda", "The version that was activated is in force.")
	d.Writer.Post(own.Path, map[string][]string{"outcome": {"kept"}, "note": {"Fine."}}).Want(403)
	bad := page.Submit(webtest.Values{"outcome": "", "note": "Typed"}).Want(422)
	if bad.FieldError("outcome") == "" || webtest.Value(bad, "note") != "Typed" {
		t.Error("nothing at the outcome, or the note is lost")
	}
	webtest.WantText(t, page.Submit(webtest.Values{"outcome": "deactivated", "note": "x"}).Want(422), "Deactivate it first")
	if n := page.Doc.Find("input[name=outcome]:not([disabled])"); n.Length() != 1 || n.AttrOr("value", "") != "kept" {
		t.Error("more than the outcome that is true can be chosen")
	}
	webtest.WantText(t, page, "First deactivate the policy.", "All that version 1 says", "may verify a person")
	done := page.Submit(webtest.Values{"outcome": "kept", "note": "It was right."}).Want(200)
	webtest.WantText(t, done, "The review of Border is closed.")
	again := page.Submit(webtest.Values{"outcome": "kept", "note": "Again."}).Want(200)
	webtest.WantText(t, again, "was already closed", "Closed by", "Sam", "It was right.")
}

func TestReviewsInArabic(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	due(d, "First", 5)
	d.Lang = "ar"
	c := d.Staff(authz.PolicyManager)
	webtest.WantText(t, c.Get("/policy-reviews").Want(200), "المراجعات", "خلال 5 أيام")
}

// Mails of due reviews name policies and days in the reader's language.
func TestMailOfDueReviews(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := due(d, "First", 5)
	if err := d.App.Policies.NoticeReviews(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := d.Mails(d.Second.Actor.Email)
	text := mails[len(mails)-1].Text
	day := p.ReviewOn.Format("2 January 2006")
	if !strings.Contains(text, "– First: "+day) || !strings.Contains(text, webtest.Origin+"/policy-reviews\n") {
		t.Errorf("%s", text)
	}
	if err := d.App.Policies.KeepPolicy(t.Context(), authz.Actor{}, p.ID, p.Version, time.Time{}, ""); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("nobody keeps it: %v", err)
	}
}

// West of Greenwich a review date is the day that was chosen, wherever it is shown.
func TestReviewDatesKeepTheirDayInEveryZone(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--timezone", "America/Lima")
	p := due(d, "First", 5)
	day := p.ReviewOn.UTC().Format("2 January 2006")
	for _, path := range []string{"/policy-reviews", "/policy-reviews/due/" + p.ID.String(), "/auth-policies/" + p.ID.String()} {
		webtest.WantText(t, d.Second.Get(path).Want(200), day)
	}
}

// Whoever ends a policy that is due is led on to the next.
func TestDeactivatingLeadsToTheNextReview(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	first := due(d, "First", 5)
	due(d, "Second one", 20)
	page := d.Second.Get("/policy-reviews/due/" + first.ID.String()).Want(200).Click("Deactivate").Want(200).Submit(nil).Want(200)
	webtest.WantText(t, page.Click("Next for review: Second one").Want(200), "Review Second one")
}
