package i18n

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Every language has every message: a reader never meets a gap.
func TestLanguagesHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	for _, a := range Languages {
		for _, b := range Languages {
			for key := range keys[a.Code] {
				if !keys[b.Code][key] {
					t.Errorf("%s has %q, %s has not", a.Code, key, b.Code)
				}
			}
		}
	}
}

// A message with a count has a form for every number that can come.
func TestPluralsAreComplete(t *testing.T) {
	t.Parallel()
	for _, l := range Languages {
		for key := range keys[l.Code] {
			if !catalogs[l.Code].plural[key] {
				continue
			}
			for _, n := range []int{0, 1, 2, 3, 11, 100, 1000000} {
				if got := In(l.Code, key, "Count", n); strings.HasPrefix(got, "[") {
					t.Errorf("%s: %q has no form for %d", l.Code, key, n)
				}
			}
		}
	}
}

func TestDatesInWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 13, 5, 0, 0, time.UTC)
	paris := time.FixedZone("", 3600)
	for lang, want := range map[string]string{
		"en": "1 March 2026, 14:05 (UTC+1)",
		"fr": "1er mars 2026 à 14:05 (UTC+1)",
		"ar": "1 مارس 2026، 14:05 (UTC+1)",
	} {
		ctx := WithZone(WithLang(t.Context(), lang), paris)
		if got := DateTime(ctx, at); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	days := []string{}
	ctx := WithLang(t.Context(), "ar")
	for _, n := range []int{1, 2, 3, 11} {
		days = append(days, Ago(ctx, at, at.Add(time.Duration(n)*24*time.Hour)))
	}
	if want := []string{"قبل يوم", "قبل يومين", "قبل 3 أيام", "قبل 11 يومًا"}; !slices.Equal(days, want) {
		t.Errorf("Arabic plurals: %q", days)
	}
}

func TestMissingMessageShowsItsKey(t *testing.T) {
	t.Parallel()
	if got := T(t.Context(), "no.such"); got != "[no.such]" {
		t.Errorf("got %q", got)
	}
}
