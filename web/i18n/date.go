package i18n

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Date is a day in words: 7 March 2026, in the zone of ctx.
func Date(ctx context.Context, t time.Time) string {
	l := localeOf(ctx)
	return date(l.lang.Code, t.In(l.zone))
}

// Day is a day that stands for itself, such as a review date, in words: it is the
// same day in every zone. t is its midnight in UTC, as the database gives it.
func Day(ctx context.Context, t time.Time) string { return date(localeOf(ctx).lang.Code, t.UTC()) }

// ISODay is the day of a moment for names of files: 2026-03-07, in the zone of ctx.
func ISODay(ctx context.Context, t time.Time) string {
	return t.In(localeOf(ctx).zone).Format(time.DateOnly)
}

// DateIn is Date for a known language, in UTC.
func DateIn(code string, t time.Time) string { return date(code, t.UTC()) }

func date(code string, t time.Time) string {
	month := In(code, "date.month."+strconv.Itoa(int(t.Month())))
	day := strconv.Itoa(t.Day())
	if code == "fr" && t.Day() == 1 {
		day = "1er"
	}
	return day + " " + month + " " + strconv.Itoa(t.Year())
}

// Clock is a time of day: 14:05, in the zone of ctx.
func Clock(ctx context.Context, t time.Time) string {
	return t.In(localeOf(ctx).zone).Format("15:04")
}

// DateTime is a moment in words: 7 March 2026, 14:05 (UTC+1).
func DateTime(ctx context.Context, t time.Time) string {
	l := localeOf(ctx)
	local := t.In(l.zone)
	return In(l.lang.Code, "date.at", "Date", date(l.lang.Code, local), "Time", local.Format("15:04"), "Zone", zone(local))
}

func zone(t time.Time) string {
	_, seconds := t.Zone()
	switch {
	case seconds == 0:
		return "UTC"
	case seconds%3600 == 0:
		return fmt.Sprintf("UTC%+d", seconds/3600)
	default:
		return fmt.Sprintf("UTC%+d:%02d", seconds/3600, (seconds%3600+3600)%3600/60)
	}
}

// Ago is how long ago t was, in the largest fitting unit: "3 days ago".
func Ago(ctx context.Context, t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return T(ctx, "date.ago.now")
	case d < time.Hour:
		return T(ctx, "date.ago.minutes", "Count", int(d/time.Minute))
	case d < 24*time.Hour:
		return T(ctx, "date.ago.hours", "Count", int(d/time.Hour))
	default:
		return T(ctx, "date.ago.days", "Count", int(d/(24*time.Hour)))
	}
}
