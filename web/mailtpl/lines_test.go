package mailtpl

import (
	"strings"
	"testing"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/secret"
	"portal/web/i18n"
)

func writer() Writer {
	keys := secret.RandomKeys()
	return Writer{Codes: code.New(keys), Keys: keys, Origin: "https://p.example"}
}

func rendered(t *testing.T, m mail.Message) mail.Rendered {
	t.Helper()
	r, err := writer().Render(m)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(r.Text, "[mail") || strings.Contains(r.Text, "[notifications") || strings.Contains(r.Text, "<no value>") {
		t.Errorf("%s %s lacks words:\n%s", m.Lang, m.Kind, r.Text)
	}
	return r
}

const everything = "certificate\tCN=Acme\t\t2027-03-01\t0\napi_key\ttill\tBorder\t2027-03-02\t1\ngrant\tBorder\t\t2027-03-03\t2\n" +
	"ca_certificate\tCN=Root\t\t2027-03-06\t5\nservice_account\tchecker\t\t2027-03-16\t15\nsbi\t2.1\t\t2027-03-31\t30\nftm_chip\tFort F1\t\t2027-03-31\t30"

func TestReminderSaysWhatEndsAndWhen(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{
		"en": "– Certificate CN=Acme: ends today, 1 March 2027\n– API key till for the policy Border: ends tomorrow, on 2 March 2027\n" +
			"– Grant of the policy Border: ends in 2 days, on 3 March 2027\n– CA certificate CN=Root: ends in 5 days, on 6 March 2027\n" +
			"– Service account checker: ends in 15 days, on 16 March 2027\n" +
			"– SBI 2.1: ends in 30 days, on 31 March 2027\n– Certificate of the FTM chip Fort F1: ends in 30 days, on 31 March 2027\n– and 4 more",
		"fr": "– Certificat CN=Acme : se termine aujourd’hui, 1er mars 2027\n– Clé d’API till pour la politique Border : se termine demain, le 2 mars 2027\n" +
			"– Autorisation d’utiliser la politique Border : se termine dans 2 jours, le 3 mars 2027\n– Certificat d’autorité CN=Root : se termine dans 5 jours, le 6 mars 2027\n" +
			"– Compte de service checker : se termine dans 15 jours, le 16 mars 2027\n" +
			"– SBI, version 2.1 : se termine dans 30 jours, le 31 mars 2027\n– Certificat de la puce FTM Fort F1 : se termine dans 30 jours, le 31 mars 2027\n– et 4 autres éléments",
		"ar": "– الشهادة \u2068CN=Acme\u2069: اليوم، 1 مارس 2027\n– مفتاح API \u2068till\u2069 للسياسة \u2068Border\u2069: غدًا، 2 مارس 2027\n" +
			"– إذن استخدام السياسة \u2068Border\u2069: بعد يومين، 3 مارس 2027\n– شهادة جهة الإصدار \u2068CN=Root\u2069: بعد 5 أيام، 6 مارس 2027\n" +
			"– حساب الخدمة \u2068checker\u2069: بعد 15 يومًا، 16 مارس 2027\n" +
			"– برنامج \u2066SBI\u2069، الإصدار \u20682.1\u2069: بعد 30 يومًا، 31 مارس 2027\n– شهادة رقاقة \u2066FTM\u2069 \u2068Fort F1\u2069: بعد 30 يومًا، 31 مارس 2027\n– و4 عناصر أخرى",
	} {
		for _, kind := range []mail.Kind{mail.EndsEarly, mail.EndsDaily, mail.EndsLast} {
			r := rendered(t, mail.Message{Kind: kind, Lang: lang, Params: map[string]string{"Name": "Ana", "Endings": everything, "Rest": "4", "Path": "/home"}})
			if !strings.Contains(r.Text, "\n"+want+"\n") || strings.Count(r.Text, "https://p.example/") != 1 {
				t.Errorf("%s:\n%s\nwant\n%s", lang, r.Text, want)
			}
		}
	}
}

func TestSummaryHasASentenceForEveryFact(t *testing.T) {
	t.Parallel()
	for _, l := range i18n.Languages {
		for _, n := range []string{"1", "2", "5", "11", "100"} {
			var lines []string
			for _, s := range sections {
				for _, f := range s.facts {
					lines = append(lines, f+"\t"+n+"\t2027-03-05\tAcme")
				}
			}
			r := rendered(t, mail.Message{Kind: mail.StaffWeekly, Lang: l.Code, Params: map[string]string{"Name": "Ana", "Summary": strings.Join(lines, "\n"), "Path": "/home"}})
			if got := strings.Count(r.Text, "\n– "); got != len(lines) {
				t.Errorf("%s, %s of each: %d sentences of %d\n%s", l.Code, n, got, len(lines), r.Text)
			}
		}
	}
	r := rendered(t, mail.Message{Kind: mail.StaffWeekly, Lang: "en", Params: map[string]string{"Summary": "failed_mails\t1\nwaiting_registrations\t3\t2027-03-05", "Path": "/home"}})
	if !strings.Contains(r.Text, "\n\nWaiting for a decision\n– 3 registrations, the oldest since 5 March 2027\n\nNot delivered\n– 1 mail was given up; it stands under Mail\n\n") {
		t.Errorf("a week with little:\n%s", r.Text)
	}
}

// Names that run the other way than the mail's language stand apart.
func TestNamesKeepTheirDirection(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ lang, name, want string }{
		{"en", "Acme", "Acme"},
		{"en", "شركة", "\u2068شركة\u2069"},
		{"fr", "Noé", "Noé"},
		{"en", "Acme 2 שלום", "\u2068Acme 2 שלום\u2069"},
		{"ar", "شركة الأمان", "شركة الأمان"},
		{"ar", "Acme", "\u2068Acme\u2069"},
		{"ar", "12-7", "\u206812-7\u2069"},
		{"ar", "", ""},
	} {
		if got := isolated(tc.lang, tc.name); got != tc.want {
			t.Errorf("%s %q: %q", tc.lang, tc.name, got)
		}
	}
	r := rendered(t, mail.Message{Kind: mail.RegistrationWaiting, Lang: "ar", Params: map[string]string{"Organisation": "Meridian Mobile"}})
	if !strings.Contains(r.Text, "\u2068Meridian Mobile\u2069") {
		t.Error(r.Text)
	}
}

// Only mails that can be switched off, to somebody with an account, say how.
func TestEveryMailSaysHowToSwitchItOff(t *testing.T) {
	t.Parallel()
	for _, kind := range mail.Kinds {
		for _, l := range i18n.Languages {
			m := mail.Message{Kind: kind, Lang: l.Code, User: id.New[id.User](), Params: map[string]string{"Send": "1"}}
			r := rendered(t, m)
			link := strings.HasPrefix(r.Unsubscribe, "https://p.example/unsubscribe?token="+m.User.String()+"."+string(kind.Topic())+".")
			if (kind.Topic() != mail.Essential) != link || link != strings.Contains(r.Text, "\n"+r.Unsubscribe+"\n") && r.Unsubscribe != "" {
				t.Errorf("%s %s: %q\n%s", l.Code, kind, r.Unsubscribe, r.Text)
			}
			m.User = id.User{}
			if r := rendered(t, m); r.Unsubscribe != "" {
				t.Errorf("%s to nobody's account can be switched off", kind)
			}
		}
	}
}

func TestINJ2NamesInListsStayOnTheirLine(t *testing.T) {
	t.Parallel()
	evil := "x\u2028y" + strings.Repeat("z", 1000)
	r := rendered(t, mail.Message{Kind: mail.EndsLast, Lang: "en", Params: map[string]string{"Endings": "grant\t" + evil + "\t\t2027-03-01\t0", "Path": "/home"}})
	if len(r.Text) > 800 || strings.Contains(r.Text, "\u2028") {
		t.Errorf("%d bytes:\n%s", len(r.Text), r.Text)
	}
}

// What a partner writes to staff is short and on one line; what staff decide goes as
// it is.
func TestINJ2ReasonsOfPartners(t *testing.T) {
	t.Parallel()
	reason := "First line.\nhttps://evil.example/\n" + strings.Repeat("x", 500)
	asks := rendered(t, mail.Message{Kind: mail.PolicyRequestWaiting, Lang: "en", Params: map[string]string{"Reason": reason, "Path": "/policy-requests"}})
	if strings.Contains(asks.Text, "\nhttps://evil.example/") || strings.Contains(asks.Text, strings.Repeat("x", 200)) {
		t.Error(asks.Text)
	}
	decided := rendered(t, mail.Message{Kind: mail.PolicyRequestRejected, Lang: "en", Params: map[string]string{"Reason": "No.\n\nSorry.", "Path": "/policy-requests"}})
	if !strings.Contains(decided.Text, "\n\nNo.\n\nSorry.\n\n") {
		t.Error(decided.Text)
	}
}
