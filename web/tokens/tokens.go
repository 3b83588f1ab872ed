// Package tokens draws what the screens of API keys and of service accounts have
// in common: a token that is shown once, the secrets of a key, and how long an
// old one goes on. It knows no screen and never sees a token but the one that it
// is told to show.
package tokens

import (
	"context"
	"strconv"
	"time"

	"portal/internal/keysecret"
	"portal/web/i18n"
	"portal/web/ui"
)

// Overlaps are the choices of how long an old secret goes on after a rotation.
func Overlaps(ctx context.Context, chosen string) []ui.Option {
	var options []ui.Option
	for _, days := range keysecret.Overlaps {
		value := strconv.Itoa(days)
		o := ui.Option{Value: value, Text: i18n.T(ctx, "tokens.overlap."+value), Selected: value == chosen}
		if days == 0 {
			o.Hint = i18n.T(ctx, "tokens.overlap.0.hint")
		}
		options = append(options, o)
	}
	return options
}

// Overlap reads the choice; what the form does not offer is -1, which no service
// takes.
func Overlap(posted string) int {
	days, err := strconv.Atoi(posted)
	if err != nil {
		return -1
	}
	return days
}

// Short is how people recognise a token: how it begins and ends.
func Short(prefix, last4 string) string { return prefix + "…" + last4 }

// Spare reports whether two secrets are good now: a rotation ends the older one.
func Spare(secrets []keysecret.Secret, now time.Time) bool {
	live := 0
	for _, s := range secrets {
		if s.Live(now) {
			live++
		}
	}
	return live > 1
}

// Used says when something was last used.
func Used(ctx context.Context, at *time.Time, now time.Time) string {
	if at == nil {
		return i18n.T(ctx, "tokens.unused")
	}
	return i18n.T(ctx, "tokens.used", "Ago", i18n.Ago(ctx, *at, now))
}

// Old says what became of the old secret of a key that was rotated just now:
// secrets are the key's, newest first. "" for a new key.
func Old(ctx context.Context, secrets []keysecret.Secret, now time.Time) string {
	switch {
	case len(secrets) < 2:
		return ""
	case secrets[1].Live(now):
		return i18n.T(ctx, "tokens.old_until", "When", i18n.DateTime(ctx, *secrets[1].EndsAt))
	}
	return i18n.T(ctx, "tokens.old_gone")
}
