//go:build e2e

package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"portal/internal/authz"
	"portal/web/webtest"
)

// receiptIn is a receipt as mails have it.
var receiptIn = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}\b`)

// TestJ27SecondFactor: a member of staff has to set an app up before anything else,
// signs in with it, is asked once more before a decision, and the decision's receipt
// can be checked by anybody.
func TestJ27SecondFactor(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{script, plain, arabic} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			p := newPortal(t, m, "--second-factor", "required")
			p.Group("Banking")
			partner := p.Partner(authz.FTMProvider).Actor
			who := p.Colleague(authz.PartnerAdmin)
			b := p.Browser()
			b.open("/signin")
			b.fill("common.email", who.Email)
			b.fill("common.password", webtest.Password)
			b.press("ui.sign_in")
			b.see("second_factor.needed")
			b.open("/partners")
			b.heading("second_factor.title") // nothing else is reached
			b.follow("second_factor.set_up")
			b.fill("account.password.current", webtest.Password)
			b.press("second_factor.start.do")
			b.heading("second_factor.setup.title")
			phone := &webtest.Phone{Site: p.Site, Key: strings.ReplaceAll(ask[[]string](b, "texts", "#second-factor-key")[0], " ", "")}
			b.fill("second_factor.setup.code", phone.Wrong())
			b.expect(http.StatusUnprocessableEntity).press("second_factor.setup.do")
			b.see("second_factor.problem.setup")
			b.fill("second_factor.setup.code", phone.Code())
			b.press("second_factor.setup.do")
			b.heading("second_factor.codes.title")
			codes := strings.Fields(ask[[]string](b, "texts", "#recovery-codes")[0])
			if len(codes) != 10 {
				t.Fatalf("%s: %d recovery codes", p.name, len(codes))
			}
			b.follow("second_factor.codes.saved")
			b.see("second_factor.state.on")

			// Another browser: the password alone leads to the page for the code.
			phone.Next()
			b = p.Browser()
			b.open("/signin")
			b.fill("common.email", who.Email)
			b.fill("common.password", webtest.Password)
			b.press("ui.sign_in")
			b.fill("second_factor.code", phone.Wrong())
			b.expect(http.StatusUnprocessableEntity).press("signin.do")
			b.see("second_factor.problem.wrong")
			b.fill("second_factor.code", phone.Code())
			b.press("signin.do")
			if b.path() != "/home" {
				t.Fatalf("%s: the code led to %s", p.name, b.path())
			}

			// Ten minutes later a decision asks for a code, and goes on with it.
			p.Clock.Advance(11 * time.Minute)
			b.open("/partners/" + partner.Partner.String())
			b.follow("admission.approve.action")
			b.expect(http.StatusForbidden).press("admission.approve.button")
			b.heading("second_factor.confirm.title")
			b.fill("second_factor.code", phone.Code())
			b.press("second_factor.confirm.do")
			b.see("partner.status.active")

			// Its receipt is in the mail, and anybody can check it.
			text := p.newest(partner.Email).Text
			receipt := receiptIn.FindString(text)
			if receipt == "" {
				t.Fatalf("%s: no receipt in the mail: %s", p.name, text)
			}
			anybody := p.Browser()
			anybody.open("/verify")
			anybody.fill("verify.code", receipt[:len(receipt)-1])
			anybody.expect(http.StatusUnprocessableEntity).press("verify.do")
			anybody.see("verify.problem.mistyped")
			anybody.fill("verify.code", strings.ToLower(receipt))
			anybody.press("verify.do")
			anybody.see("verify.genuine")
		})
	}
}
