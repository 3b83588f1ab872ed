// Package mailtpl writes the portal's mails: plain text, in the recipient's
// language, with one link that begins with the configured address. Codes and
// secret links are derived here, at the last moment (security.md REG-4). It
// sends nothing.
package mailtpl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/web/i18n"
)

// maxParam is how much of what a person wrote goes into a mail, in characters
// (security.md INJ-2). A decision's reason is staff's own words and goes whole.
const maxParam = 200

// params are the values that the texts may use. A mail gives those it has.
var params = []string{"Name", "Organisation", "Reason", "Policy", "Actor", "Version", "More", "Less", "Else", "Term", "Certificate"}

// onlyPath is what a mail's param "Path" may be: the address of one of the
// portal's own pages.
var onlyPath = regexp.MustCompile(`^(/[a-z0-9-]+)+$`)

// Writer renders mails.
type Writer struct {
	Codes  code.Codes
	Origin string // scheme and host by which people reach the portal
}

// Render is the text of a mail. It fails on a kind without words.
func (w Writer) Render(m mail.Message) (mail.Rendered, error) {
	key := "mail." + string(m.Kind)
	if !i18n.Has(m.Lang, key+".subject") {
		return mail.Rendered{}, fmt.Errorf("no words for the mail %q in %q", m.Kind, m.Lang)
	}
	args := []any{"Portal", w.Origin}
	for _, name := range params {
		args = append(args, name, clip(m.Params[name], name))
	}
	args = append(args, "Policies", dated(m.Lang, m.Params["Policies"]), "Due", dateIn(m.Lang, m.Params["Due"]))
	secret, link := w.derived(m)
	args = append(args, "Code", secret, "Link", link)
	// The subject holds no text of anybody's: headers stay the portal's own.
	return mail.Rendered{
		Subject: i18n.In(m.Lang, key+".subject"),
		Text:    i18n.In(m.Lang, key+".body", args...) + "\n\n-- \n" + i18n.In(m.Lang, "mail.footer", args...) + "\n",
	}, nil
}

// derived is the code and the link of a mail.
func (w Writer) derived(m mail.Message) (secret, link string) {
	send, err := strconv.Atoi(m.Params["Send"])
	if err != nil || send < 1 {
		send = 1
	}
	challenge := struct{ uuid.UUID }(m.Challenge).UUID
	if path := m.Params["Path"]; onlyPath.MatchString(path) {
		return "", w.Origin + path
	}
	switch m.Kind {
	case mail.RegistrationCode:
		return w.Codes.Code(challenge, send), w.Origin + "/register/code"
	case mail.PasswordReset:
		return "", w.Origin + "/reset?token=" + w.Codes.LinkToken("reset", challenge, send)
	case mail.StaffInvitation:
		return "", w.Origin + "/reset?token=" + w.Codes.LinkToken("invite", challenge, send)
	case mail.RegistrationWaiting:
		return "", w.Origin + "/partners/" + local(m.Params["ID"])
	case mail.PolicyChangedAlone:
		return "", w.Origin + "/policies/" + local(m.Params["ID"])
	case mail.TermLowered:
		return "", w.Origin + "/vocabulary/" + local(m.Params["ID"])
	case mail.PolicyEmergency, mail.PolicyReviewOverdue:
		return "", w.Origin + "/policy-reviews/" + local(m.Params["Review"])
	case mail.PolicyReviewDue:
		return "", w.Origin + "/policy-reviews"
	case mail.AlreadyRegistered, mail.RegistrationReceived, mail.RegistrationApproved, mail.RegistrationRejected,
		mail.RegistrationReturned:
		return "", w.Origin + "/signin"
	default:
		return "", w.Origin + "/forgot"
	}
}

// local lets nothing but an id into an address.
func local(s string) string {
	if _, err := id.Parse[id.Partner](s); err != nil {
		return ""
	}
	return s
}

func clip(s, name string) string {
	if name != "Reason" {
		s = strings.Join(strings.Fields(s), " ")
		if r := []rune(s); len(r) > maxParam {
			s = string(r[:maxParam]) + "…"
		}
	}
	return s
}

// dated makes lines of a name, a tab and a day (ISO 8601) readable, a dash before
// each.
func dated(lang, lines string) string {
	var out []string
	for line := range strings.Lines(lines) {
		name, date, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		text := "– " + clip(name, "")
		if day := dateIn(lang, date); day != "" {
			text += ": " + day
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// dateIn is a day (ISO 8601) as people write it; "" for anything else.
func dateIn(lang, date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return i18n.DateIn(lang, day)
}
