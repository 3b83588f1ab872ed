package i18n

import (
	"testing"
	"time"
)

// A day is the same in every zone; a moment is not.
func TestDayHasNoZone(t *testing.T) {
	t.Parallel()
	ctx := WithZone(WithLang(t.Context(), "en"), time.FixedZone("", -5*3600))
	on := time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)
	if day, date := Day(ctx, on), Date(ctx, on); day != "7 March 2026" || date != "6 March 2026" {
		t.Errorf("day %s, date %s", day, date)
	}
}
