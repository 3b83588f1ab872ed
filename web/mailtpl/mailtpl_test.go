package mailtpl

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/secret"
	"portal/web/i18n"
)

func TestEveryMailHasItsWords(t *testing.T) {
	t.Parallel()
	w := Writer{Codes: code.New(secret.RandomKeys()), Origin: "https://p.example"}
	for _, l := range i18n.Languages {
		for _, kind := range mail.Kinds {
			m := mail.Message{
				Kind: kind, To: "a@b.test", Lang: l.Code, Challenge: id.New[id.Challenge](),
				Params: map[string]string{"Send": "1", "Name": "Ana", "Organisation": "Acme", "Reason": "Because.", "ID": id.New[id.Policy]().String()},
			}
			r, err := w.Render(m)
			if err != nil {
				t.Errorf("%s %s: %v", l.Code, kind, err)
				continue
			}
			if strings.ContainsAny(r.Subject, "\r\n[{") || strings.Contains(r.Text, "<no value>") || strings.Contains(r.Text, "[mail") {
				t.Errorf("%s %s: %q\n%s", l.Code, kind, r.Subject, r.Text)
			}
			if !strings.Contains(r.Text, "https://p.example") {
				t.Errorf("%s %s names no address of the portal", l.Code, kind)
			}
			if !i18n.Has(l.Code, "mail."+string(kind)+".name") {
				t.Errorf("%s %s has no name for the outbox", l.Code, kind)
			}
		}
	}
}

func TestREG4RetrySendsTheSameCode(t *testing.T) {
	t.Parallel()
	codes := code.New(secret.RandomKeys())
	w := Writer{Codes: codes, Origin: "https://p.example"}
	m := mail.Message{Kind: mail.RegistrationCode, Lang: "en", Challenge: id.New[id.Challenge](), Params: map[string]string{"Send": "2"}}
	first, err := w.Render(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Render(m)
	if err != nil || first != again {
		t.Errorf("two renderings differ: %v", err)
	}
	if want := codes.Code(struct{ uuid.UUID }(m.Challenge).UUID, 2); !strings.Contains(first.Text, want) {
		t.Errorf("the mail does not hold the code of the second send")
	}
}

func TestINJ2WhatPeopleWroteStaysInTheBodyAndShort(t *testing.T) {
	t.Parallel()
	w := Writer{Codes: code.New(secret.RandomKeys()), Origin: "https://p.example"}
	evil := "Acme\r\nBcc: victim@example.org\r\n\r\n" + strings.Repeat("x", 1000)
	r, err := w.Render(mail.Message{Kind: mail.RegistrationWaiting, Lang: "en", Params: map[string]string{"Organisation": evil, "ID": "../evil"}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.Subject, "Acme") || strings.Contains(r.Text, "\nBcc:") || len(r.Text) > 900 || strings.Contains(r.Text, "evil") {
		t.Errorf("%q\n%s", r.Subject, r.Text)
	}
}

// Staff see which version it is about, and get to where they have something to
// do.
func TestMailsOfPolicies(t *testing.T) {
	t.Parallel()
	w := Writer{Codes: code.New(secret.RandomKeys()), Origin: "https://p.example"}
	review, policy := id.New[id.PolicyReview](), id.New[id.Policy]()
	params := map[string]string{
		"Name": "Ana", "Actor": "Ada", "Policy": "Border", "ID": policy.String(), "Review": review.String(), "Version": "417",
		"More": "51", "Less": "62", "Else": "73", "Due": "2026-06-09", "Reason": "Flood",
	}
	for kind, want := range map[mail.Kind][]string{
		mail.PolicyChangedAlone:  {"417", "51", "62", "73", "/policies/" + policy.String()},
		mail.PolicyEmergency:     {"417", "51", "62", "73", "Flood", "/policy-reviews/" + review.String()},
		mail.PolicyReviewOverdue: {"417", "Ada", "Border", "2026", "/policy-reviews/" + review.String()},
	} {
		for _, l := range i18n.Languages {
			r, err := w.Render(mail.Message{Kind: kind, Lang: l.Code, Params: params})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range want {
				if !strings.Contains(r.Text, s) {
					t.Errorf("%s %s lacks %q:\n%s", l.Code, kind, s, r.Text)
				}
			}
		}
	}
}
