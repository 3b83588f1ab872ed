// Package mailtpl writes the portal's mails: plain text, in the recipient's
// language, with one link that begins with the configured address, and the one to check
// receipts where it carries some. Codes and
// secret links are derived here, at the last moment (security.md REG-4). It
// sends nothing.
package mailtpl

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"portal/internal/account"
	"portal/internal/code"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/receipt"
	"portal/internal/secret"
	"portal/web/i18n"
)

// maxParam is how much of what a person wrote goes into a mail, in characters
// (security.md INJ-2). A decision's reason is staff's own words and goes whole, in
// lines of its own.
const maxParam = 200

// asking are the mails whose reason is a partner's: it goes as other words do.
var asking = []mail.Kind{mail.PolicyRequestWaiting, mail.PolicyRequestExtensionWaiting, mail.OwnershipChanged}

// params are the values that the texts may use. A mail gives those it has.
var params = []string{
	"Name", "Organisation", "Reason", "Policy", "Actor", "Version", "More", "Less", "Else", "Term", "Webhook",
	"Person", "Before",
	"Key", "Service",
	"Certificate", "Chip",
}

// onlyPath is what a mail's param "Path" may be: the address of one of the
// portal's own pages.
var onlyPath = regexp.MustCompile(`^(/[a-z0-9-]+)+$`)

// Writer renders mails.
type Writer struct {
	Codes  code.Codes
	Keys   secret.Keys // sign the links that switch mails off
	Origin string      // scheme and host by which people reach the portal
}

// Render is the text of a mail. It fails on a kind without words.
func (w Writer) Render(m mail.Message) (mail.Rendered, error) {
	key := "mail." + string(m.Kind)
	if !i18n.Has(m.Lang, key+".subject") {
		return mail.Rendered{}, fmt.Errorf("no words for the mail %q in %q", m.Kind, m.Lang)
	}
	args := []any{"Portal", w.Origin}
	for _, name := range params {
		if name == "Reason" && !slices.Contains(asking, m.Kind) {
			args = append(args, name, m.Params[name])
			continue
		}
		args = append(args, name, written(m.Lang, m.Params[name]))
	}
	args = append(args, "Policies", dated(m.Lang, m.Params["Policies"]), "Due", dateIn(m.Lang, m.Params["Due"]),
		"Endings", endings(m.Lang, m.Params["Endings"], m.Params["Rest"]), "Summary", summary(m.Lang, m.Params["Summary"]),
		"Names", names(m.Lang, m.Params["Names"], m.Params["Count"]))
	what := things(m.Lang, m.Params["What"], m.Params["Count"])
	code, link := w.derived(m)
	args = append(args, "Code", code, "Link", link, "What", what, "Head", m.Params["Head"]) // a head goes whole, or it proves nothing
	text := i18n.In(m.Lang, key+".body", args...) + w.receipts(m) + "\n\n-- \n" + i18n.In(m.Lang, "mail.footer", args...) + "\n"
	off := w.unsubscribe(m)
	if off != "" {
		text += "\n" + i18n.In(m.Lang, "mail.unsubscribe", "Topic", i18n.In(m.Lang, "notifications.topic."+string(m.Kind.Topic())), "Link", off) + "\n"
	}
	// The subject holds no text of anybody's: headers stay the portal's own.
	return mail.Rendered{Subject: i18n.In(m.Lang, key+".subject", "What", what), Text: text, Unsubscribe: off}, nil
}

// receipts lists the proofs of what a mail tells, a line each; "" where there is none.
func (w Writer) receipts(m mail.Message) string {
	if len(m.Receipts) == 0 {
		return ""
	}
	text := "\n\n" + i18n.In(m.Lang, "mail.receipts", "Link", w.Origin+"/verify")
	for i, r := range m.Receipts {
		if i == mail.MaxReceipts {
			return text + "\n" + i18n.In(m.Lang, "mail.receipts_more")
		}
		text += "\n" + receipt.Text(r.Code) + "  " + written(m.Lang, r.Name)
	}
	return text
}

// unsubscribe is the address that switches a mail's topic off for its reader; ""
// for what is essential.
func (w Writer) unsubscribe(m mail.Message) string {
	if m.Kind.Topic() == mail.Essential || id.IsZero(m.User) {
		return ""
	}
	return w.Origin + "/unsubscribe?token=" + account.UnsubscribeToken(w.Keys, m.User, m.Kind.Topic())
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
	case mail.NewAddressCode:
		return w.Codes.Code(challenge, send), w.Origin + "/organisation/email"
	case mail.RegistrationCode:
		return w.Codes.Code(challenge, send), w.Origin + "/register/code"
	case mail.PasswordReset:
		return "", w.Origin + "/reset?token=" + w.Codes.LinkToken("reset", challenge, send)
	case mail.StaffInvitation, mail.ColleagueInvitation:
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
	case mail.PasswordChanged, mail.PasswordResetUnknown:
		return "", w.Origin + "/forgot"
	default:
		return "", w.Origin + "/home"
	}
}

// local lets nothing but an id into an address.
func local(s string) string {
	if _, err := id.Parse[id.Partner](s); err != nil {
		return ""
	}
	return s
}
