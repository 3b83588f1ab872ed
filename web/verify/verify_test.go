package verify_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/pg"
	"portal/internal/receipt"
	"portal/web/webtest"
)

var written = regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`)

// TestAUD5TheLettersReceiptIsGenuine goes the whole way: a decision, the partner's mail,
// and a stranger who checks what is in it.
func TestAUD5TheLettersReceiptIsGenuine(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := s.Admitted(authz.AuthPartner)
	code := ""
	for _, m := range s.Mails(c.Actor.Email) {
		if found := written.FindString(m.Text); found != "" {
			code = found
			if !strings.Contains(m.Text, webtest.Origin+"/verify") {
				t.Error(m.Text)
			}
		}
	}
	if code == "" {
		t.Fatal("no mail has a receipt")
	}
	public, err := pg.Value[string](t.Context(), s.App.DB.Read(), `select public_id from partners where id = @id`, pg.Args{"id": c.Actor.Partner})
	if err != nil {
		t.Fatal(err)
	}
	stranger := s.Visitor()
	p := stranger.Get("/verify").Want(http.StatusOK).Submit(webtest.Values{"code": strings.ToLower(code)}).Want(http.StatusOK)
	if !p.Has("This receipt is genuine") || !p.Has("Registration approved") || !p.Has(public) {
		t.Error(p.Text())
	}
	for _, secret := range []string{c.Actor.Name, c.Actor.Email, "Nadia"} {
		if secret != "" && strings.Contains(p.Text(), secret) {
			t.Errorf("it tells %q: %s", secret, p.Text())
		}
	}
	for _, path := range []string{"/partners/" + c.Actor.Partner.String(), "/audit"} {
		if page := s.SignedIn(s.Admin().Email).Get(path).Want(http.StatusOK); !page.Has(code) {
			t.Errorf("%s does not show the receipt", path)
		}
	}
}

// TestAUD5WrongReceiptsSayWhatIsWrong, and say it at the field.
func TestAUD5WrongReceiptsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, lang := range []string{"en", "fr", "ar"} {
		stranger := s.Visitor()
		stranger.Lang = lang
		seen := map[string]bool{}
		for _, code := range []string{"", "12345", receipt.Text(receipt.Code(s.App.Keys, []byte("x")))} {
			p := stranger.Get("/verify").Submit(webtest.Values{"code": code}).Want(http.StatusUnprocessableEntity)
			if text := p.FieldError("code"); text == "" || seen[text] {
				t.Errorf("%s %q: %q", lang, code, text)
			} else {
				seen[text] = true
			}
		}
	}
}

func TestAUD5ReceiptsAreThrottled(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	stranger := s.Visitor()
	code := receipt.Text(receipt.Code(s.App.Keys, []byte("x")))
	page := stranger.Get("/verify")
	for range 30 {
		page.Submit(webtest.Values{"code": code}).Want(http.StatusUnprocessableEntity)
	}
	if p := page.Submit(webtest.Values{"code": code}).Want(http.StatusTooManyRequests); p.FieldError("code") == "" {
		t.Error(p.Text())
	}
}
