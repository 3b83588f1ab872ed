package auditlog

import (
	"strings"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/auditlog"
	"portal/web/i18n"
)

// TestAUT2PartnersReadNoNamesOfStaff: their own people by name, staff as the
// office, and nothing of what staff arrange among themselves.
func TestAUT2PartnersReadNoNamesOfStaff(t *testing.T) {
	t.Parallel()
	entry := func(name, role string, action audit.Action) auditlog.Entry {
		return auditlog.Entry{At: time.Unix(0, 0), ActorName: name, ActorRole: role, Action: action, SubjectKind: audit.Certificate, SubjectName: "CN=Acme"}
	}
	told := outside([]auditlog.Entry{
		entry("Nadia Bern", "AUTH_PARTNER", audit.GroupCreated), entry("Ada Admin", "PARTNER_ADMIN", audit.GroupEdited),
		entry("Max Manager", "POLICYMANAGER", audit.GroupDeactivated), entry("Ada Admin", "PARTNER_ADMIN", audit.WorkTaken),
	})
	for _, l := range i18n.Languages {
		ctx := i18n.WithLang(t.Context(), l.Code)
		text := ""
		for _, e := range told {
			text += sentence(ctx, e)
		}
		if len(told) != 3 || !strings.Contains(text, "Nadia Bern") || strings.Contains(text, "Ada") || strings.Contains(text, "Max") || !strings.Contains(text, i18n.T(ctx, "audit.office")) {
			t.Errorf("%s: %s", l.Code, text)
		}
	}
}
