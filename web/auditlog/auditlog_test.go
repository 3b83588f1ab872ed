package auditlog

import (
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/auditlog"
	"portal/web/i18n"
)

func TestEveryActionIsASentenceInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range i18n.Languages {
		ctx := i18n.WithLang(t.Context(), l.Code)
		for _, a := range audit.Actions {
			for _, result := range []audit.Result{audit.Done, audit.Denied, audit.Failed} {
				e := auditlog.Entry{At: time.Now(), Action: a, Result: result, ActorName: "Aisha", ActorRole: "PARTNER_ADMIN", SubjectName: "Telecom"}
				s := sentence(ctx, e)
				if strings.Contains(s, "[") || !strings.Contains(s, "Telecom") || strings.Contains(s, "<no value>") {
					t.Errorf("%s %s %s: %q", l.Code, a, result, s)
				}
			}
		}
	}
}

func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	ctx := i18n.WithLang(t.Context(), "en")
	e := auditlog.Entry{Detail: `[{"field":"status","before":"active","after":"deactivated"},{"field":"name","after":"x"},{"field":"phone","before":"y"}]`}
	want := "Status: from Active to Deactivated\nName: \u2068x\u2069\nPhone: \u2068y\u2069 removed"
	if got := note(ctx, e); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
