package policy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
	"portal/web/i18n"
	"portal/web/page"
)

// moment is a time that somebody asks about.
type moment struct {
	At  time.Time
	Day string // as it was asked for, "" for a moment of a day
}

// words say the moment to the reader.
func (m moment) words(ctx context.Context) string {
	if m.Day != "" {
		return i18n.Date(ctx, m.At)
	}
	return i18n.DateTime(ctx, m.At)
}

// moment reads a day (2026-06-01) or a moment of RFC 3339. A day stands for its
// end in the portal's zone: a version that came into force that day counts as
// that day's. Nobody knows what will be in force tomorrow: a later day is none,
// and today ends now.
func (h handlers) moment(ctx context.Context, asked string) (moment, bool) {
	now := page.Now(ctx)
	if day, err := time.ParseInLocation(time.DateOnly, asked, h.zone); err == nil {
		y, m, d := day.Date()
		end := time.Date(y, m, d+1, 0, 0, 0, 0, h.zone).Add(-time.Microsecond) // the database's smallest step
		if day.After(now) {
			return moment{}, false
		}
		if end.After(now) {
			end = now
		}
		return moment{At: end, Day: asked}, true
	}
	// In an address that was typed the plus of a zone is a blank.
	at, err := time.Parse(time.RFC3339, strings.ReplaceAll(asked, " ", "+"))
	if err != nil || at.After(now) || at.Year() < 1 {
		return moment{}, false
	}
	return moment{At: at}, true
}

// asOfPage is a policy as it was: what was in force, and nothing to do about it.
type asOfPage struct {
	policy.Full
	moment
	Vocabulary *policydoc.Vocabulary
	Version    *policy.Version // nil if none was in force
	Period     policy.Period
}

func (h handlers) asOf(w http.ResponseWriter, r *http.Request, p policy.Full, m moment) error {
	words, err := h.words.All(r.Context())
	if err != nil {
		return err
	}
	s := asOfPage{Full: p, moment: m, Vocabulary: words}
	switch v, err := h.policies.InForceAt(r.Context(), p.ID, m.At); {
	case err == nil:
		s.Version = &v
		for _, period := range v.Periods {
			if !period.From.After(m.At) && (period.To == nil || period.To.After(m.At)) {
				s.Period = period
			}
		}
	case !errors.Is(err, problem.ErrNotFound):
		return err
	}
	return page.Render(w, r, http.StatusOK, asItWas(s))
}
