package account_test

import (
	"net/http"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/web/webtest"
)

func TestChoiceOfMails(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	admin := s.Staff(authz.PartnerAdmin)
	page := admin.Get("/account").Want(http.StatusOK)
	if !page.Has("All that is offered") {
		t.Errorf("the account says %s", page.Text())
	}
	form := admin.Get("/account/notifications").Want(http.StatusOK)
	if n := form.Doc.Find("input[name=topic][checked]").Length(); n != 7 {
		t.Errorf("%d topics are on", n)
	}
	older := admin.Get("/account/notifications")
	saved := form.Submit(webtest.Values{"topic": []string{"new_requests", "policy_changes", "policy_reviews", "endings_daily", "audit_heads"}}).Want(http.StatusOK)
	if saved.Path != "/account" || !saved.Has("Your choice of mails is saved.") || !saved.Has("All but 2 kinds") {
		t.Errorf("%s: %s", saved.Path, saved.Text())
	}
	// Another window, opened before, changes only what it changes.
	older.Submit(webtest.Values{"topic": []string{"new_requests", "policy_changes", "endings_early", "endings_daily", "weekly_summary", "audit_heads"}}).Want(http.StatusOK)
	now := admin.Get("/account/notifications")
	var on []string
	for _, in := range now.Doc.Find("input[name=topic][checked]").EachIter() {
		on = append(on, in.AttrOr("value", ""))
	}
	if strings.Join(on, " ") != "new_requests policy_changes endings_daily audit_heads" {
		t.Errorf("on: %v", on)
	}
	// What is not offered cannot be chosen, and is no failure.
	admin.Post("/account/notifications", map[string][]string{"shown": {"policy_changes"}, "topic": {"no_such"}}).Want(http.StatusOK)
}

func TestWhoWaitsHasNoChoiceOfMails(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	waiting := s.Partner(authz.DeviceProvider)
	p := waiting.Get("/account/notifications").Want(http.StatusOK)
	if !p.Has("All mails that you get now are essential.") || p.Doc.Find("input[name=topic]").Length() != 0 {
		t.Error(p.Text())
	}
	if !waiting.Get("/account").Has("What is essential") {
		t.Error("the account does not say so")
	}
}
