//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/i18n"
	"portal/web/webtest"
)

// TestJ21Mails: somebody gets a mail that they do not need, switches it off by its
// link without signing in, sees so in their account, and switches it on again.
func TestJ21Mails(t *testing.T) {
	t.Parallel()
	walk(t, func(t *testing.T, p *portal) {
		admin := p.Colleague(authz.PartnerAdmin)
		p.Partner(authz.DeviceProvider)

		// The week in one mail: on Monday, once, whatever time of the day it is now.
		now := p.Clock.Now()
		monday := now.AddDate(0, 0, 8-int(now.Weekday()))
		p.Clock.Advance(time.Date(monday.Year(), monday.Month(), monday.Day(), 7, 0, 0, 0, time.UTC).Sub(now))
		for range 2 {
			if err := p.App.Reminders.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		week := p.newest(admin.Email)
		if week.Subject != i18n.In(p.lang, "mail.staff_weekly.subject") || strings.Count(week.Text, p.base+"/home") != 1 {
			t.Fatalf("the newest mail is %+v", week)
		}

		// Its link asks first, then says what is done, and how to undo it.
		b := p.Browser()
		b.open(strings.TrimPrefix(week.Unsubscribe, p.base))
		b.heading("unsubscribe.title")
		b.see("notifications.topic.weekly_summary")
		b.press("unsubscribe.do")
		b.heading("unsubscribe.done.title")
		b.open(strings.TrimPrefix(week.Unsubscribe, p.base))
		b.heading("unsubscribe.done.title")
		b.follow("unsubscribe.choose")
		b.fill("common.email", admin.Email)
		b.fill("common.password", webtest.Password)
		b.press("signin.do")
		b.heading("notifications.title")
		if b.control("notifications.topic.weekly_summary").Checked || !b.control("notifications.topic.new_requests").Checked {
			t.Error("the page does not show what was switched off")
		}
		b.see("notifications.essential_text")
		b.choose("notifications.topic.weekly_summary")
		b.press("notifications.save")
		b.see("notifications.saved")
		b.see("notifications.all_on")

		// A link that was cut off does nothing, and says where to go.
		b.expect(http.StatusGone).open(strings.TrimPrefix(week.Unsubscribe, p.base)[:60])
		b.heading("unsubscribe.wrong.title")
	}, arabic)
}
