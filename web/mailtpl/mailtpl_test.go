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
