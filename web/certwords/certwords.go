// Package certwords says of certificates what several screens show: each check
// with its reason and remedy, what a certificate says of itself, its chain, and
// how far its last day is. It decides nothing.
package certwords

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/web/i18n"
	"portal/web/ui"
)

// args are the values of a check as its sentences want them: names set apart,
// moments as days.
func args(ctx context.Context, in []any) []any {
	out := make([]any, len(in))
	for i, v := range in {
		switch x := v.(type) {
		case time.Time:
			v = i18n.Date(ctx, x)
		case string:
			if i%2 == 1 { // names of values stand before them
				v = i18n.Isolate(x)
			}
		}
		out[i] = v
	}
	return out
}

// reason says what a check found; remedy what to do about it, "" where it passed.
func reason(ctx context.Context, c certdoc.Check) string {
	return i18n.T(ctx, c.ReasonKey, args(ctx, c.Args)...)
}

func remedy(ctx context.Context, c certdoc.Check) string {
	if c.RemedyKey == "" {
		return ""
	}
	return i18n.T(ctx, c.RemedyKey, args(ctx, c.Args)...)
}

// failedFirst puts what needs a reader before what does not.
func failedFirst(checks []certdoc.Check) []certdoc.Check {
	order := []certdoc.Result{certdoc.Failed, certdoc.NotJudged, certdoc.Passed}
	out := slices.Clone(checks)
	slices.SortStableFunc(out, func(a, b certdoc.Check) int { return slices.Index(order, a.Result) - slices.Index(order, b.Result) })
	return out
}

// plain is a stretch that both names have.
func plain(signs []certdoc.Sign) string {
	var b strings.Builder
	for _, s := range signs {
		if s.Code == space {
			b.WriteByte(' ')
		}
		b.WriteString(s.Text)
	}
	return b.String()
}

const space = "U+0020"

// coded reports whether a character needs its code to be told from others.
func coded(s certdoc.Sign) bool { return s.Code != space && (s.NameKey != "" || len(s.Text) > 1) }

var results = map[certdoc.Result]struct{ class, icon string }{
	certdoc.Passed: {"good", "check"}, certdoc.Failed: {"bad", "error"}, certdoc.NotJudged: {"info", "info"},
}

// Facts are what a certificate says of itself.
func Facts(ctx context.Context, f certdoc.Facts) []ui.Row {
	return []ui.Row{
		{Label: i18n.T(ctx, "certificate.subject"), Component: ui.Code(f.Subject)},
		{Label: i18n.T(ctx, "certificate.issuer"), Component: ui.Code(f.Issuer)},
		{Label: i18n.T(ctx, "certificate.validity"), Component: span(f.NotBefore, f.NotAfter)},
		{Label: i18n.T(ctx, "certificate.key"), Component: Key(f.Key)},
		{Label: i18n.T(ctx, "certificate.serial"), Component: ui.Code(f.Serial)},
		{Label: i18n.T(ctx, "certificate.thumbprint"), Component: ui.Code(certdoc.Fingerprint(f.Thumbprint))},
	}
}

// Ends says in words how far a last day is: "in 12 days", "in 5 months".
func Ends(ctx context.Context, end, now time.Time) string {
	const day = 24 * time.Hour
	switch days := int(end.Sub(now) / day); {
	case end.Before(now):
		return i18n.T(ctx, "certificate.ends.ago", "Count", -days)
	case days == 0:
		return i18n.T(ctx, "certificate.ends.today")
	case days < 90:
		return i18n.T(ctx, "certificate.ends.in", "Count", days)
	case days < 730:
		return i18n.T(ctx, "certificate.ends.in_months", "Count", days/30)
	default:
		return i18n.T(ctx, "certificate.ends.in_years", "Count", days/365)
	}
}

// Name is what a certificate is called for short: its common name, else the
// organisation, else the whole subject.
func Name(subject string) string {
	for _, attribute := range []string{"CN=", "O="} {
		for part := range attributes(subject) {
			if value, ok := strings.CutPrefix(part, attribute); ok && value != "" {
				return unescape(value)
			}
		}
	}
	return subject
}

// attributes are the parts of an RFC 2253 name.
func attributes(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case ',', '+':
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(s[start:])
	}
}

// unescape takes the back-slashes away that RFC 2253 puts before special
// characters.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var caTags = map[certificate.CAStatus]string{
	certificate.Waiting: "waiting", certificate.InUse: "good", certificate.Refused: "bad", certificate.OutOfUse: "bad",
}

// CATag shows how a certificate of the trust store stands.
func CATag(ctx context.Context, s certificate.CAStatus) templ.Component {
	return ui.Tag(caTags[s], CAStatusText(ctx, s))
}

// CAStatusText is the state in words.
func CAStatusText(ctx context.Context, s certificate.CAStatus) string {
	return i18n.T(ctx, "trust_store.status."+string(s))
}

var stateTags = map[certificate.State]string{
	certificate.None: "neutral", certificate.Counts: "good", certificate.Upcoming: "info", certificate.Replaced: "neutral",
	certificate.Orphaned: "bad", certificate.Expired: "bad", certificate.Withdrawn: "neutral",
}

// StateTag shows how a partner's certificate stands.
func StateTag(ctx context.Context, s certificate.State) templ.Component {
	return ui.Tag(stateTags[s], StateText(ctx, s))
}

// StateText is the state in words.
func StateText(ctx context.Context, s certificate.State) string {
	return i18n.T(ctx, "certificate.state."+string(s))
}

// DomainText is a domain in words.
func DomainText(ctx context.Context, domain string) string {
	return i18n.T(ctx, "certificate.domain."+domain)
}

// DomainOptions are the domains to choose from.
func DomainOptions(ctx context.Context, chosen string) []ui.Option {
	options := []ui.Option{}
	for _, d := range certdoc.Domains {
		options = append(options, ui.Option{Value: d, Text: DomainText(ctx, d), Selected: d == chosen})
	}
	return options
}

// WithinOptions are the spans in which something ends.
func WithinOptions(ctx context.Context) []ui.Option {
	options := []ui.Option{}
	for _, days := range []int{30, 90, 180, 365} {
		options = append(options, ui.Option{Value: ui.Number(days), Text: i18n.T(ctx, "certificate.within", "Count", days)})
	}
	return options
}
