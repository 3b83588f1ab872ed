// Package policywords says what several screens say of a policy: its addresses,
// the findings of its document, its plain sentences and what a change of it
// means, in the reader's language and with the words of the deployment's
// vocabulary. It reads nothing from a database and decides nothing.
package policywords

import (
	"context"
	"strconv"
	"strings"

	"portal/internal/id"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
)

// ListURL is the address of all policies of a kind (design README, "Addresses").
func ListURL(k policy.Kind) string {
	if k == policydoc.KindDataShare {
		return "/datashare-policies"
	}
	return "/auth-policies"
}

// URL is the address of a policy.
func URL(k policy.Kind, pid id.Policy) string { return ListURL(k) + "/" + pid.String() }

// DoURL is the address of something that can be done with a policy: "edit", "activate" …
func DoURL(k policy.Kind, pid id.Policy, verb string) string { return URL(k, pid) + "/" + verb }

// Word is the key of a message that differs between the kinds.
func Word(k policy.Kind, key string) string { return "policy." + string(k) + "." + key }

// Label is what people call a name of the document; one without a label stands
// for itself.
func Label(ctx context.Context, v *policydoc.Vocabulary, f policydoc.Family, name string) string {
	label, known := v.Label(i18n.Lang(ctx), f, name)
	if !known {
		return i18n.Isolate(name)
	}
	return label
}

// Description is what people who write policies should know of a name of the
// document, "" if nobody wrote it down. One that is not in the reader's language
// is set apart.
func Description(ctx context.Context, v *policydoc.Vocabulary, f policydoc.Family, name string) string {
	text := v.Description(i18n.Lang(ctx), f, name)
	if t, _ := v.Term(f, name); text != "" && t.Descriptions[i18n.Lang(ctx)] == "" {
		return i18n.Isolate(text)
	}
	return text
}

// Fixed is the word for a name that the schemas fix, by its function such as
// policydoc.TokenTypeKey.
func Fixed(ctx context.Context, key func(string) (string, bool), name string) string {
	if k, known := key(name); known {
		return i18n.T(ctx, k)
	}
	return i18n.Isolate(name)
}

var tagKinds = map[string]string{
	string(policy.Inactive):          "neutral",
	string(policy.Active):            "good",
	string(policy.Deactivated):       "bad",
	string(policy.VersionSuperseded): "neutral",
	string(policy.VersionReplaced):   "neutral",
	string(policy.VersionDiscarded):  "bad",
}

// StatusText names the state of a policy or of a version.
func StatusText[S ~string](ctx context.Context, s S) string {
	return i18n.T(ctx, "policy.status."+string(s))
}

// TagKind is the kind of a ui.Tag for the state of a policy or of a version.
func TagKind[S ~string](s S) string { return tagKinds[string(s)] }

// documentName tells the text areas of several versions on one page apart.
func documentName(v policy.Version) string { return "version-" + strconv.Itoa(v.Number) }

// rowsOf is how many lines of a text are seen at once.
func rowsOf(document string) string {
	return strconv.Itoa(min(24, max(3, strings.Count(document, "\n")+1)))
}
