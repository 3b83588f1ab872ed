package policystudio

import (
	"context"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// yours says what was typed where the stored policy says something else, "" where
// they agree.
func (f formPage) yours(ctx context.Context, stored, typed string) string {
	if stored == typed || typed == "" {
		return ""
	}
	return i18n.T(ctx, "policy_studio.stale.yours", "Value", i18n.Isolate(shown(typed)))
}

// yourDay is yours for the review date.
func (f formPage) yourDay(ctx context.Context) string {
	day, ok := f.reviewDay()
	if !ok || day.IsZero() {
		return ""
	}
	return f.yours(ctx, i18n.Day(ctx, f.Old.ReviewOn), i18n.Day(ctx, day))
}

// meanings are what the stored and the typed text say; ok is false where one of
// them has errors.
func (f formPage) meanings() (stored, typed policydoc.Meaning, ok bool) {
	stored, good := policydoc.Understand(f.Kind, []byte(newest(*f.Old).Document))
	typed, ok = policydoc.Understand(f.Kind, []byte(f.Document))
	return stored, typed, ok && good
}

// comparable tells whether the difference can be said in sentences.
func (f formPage) comparable() bool {
	_, _, ok := f.meanings()
	return ok
}
