package ui

import (
	"context"
	"slices"
	"time"

	"portal/web/i18n"
)

// Happening is one thing that happened, in the reader's words; Note is what somebody
// wrote with it.
type Happening struct {
	At         time.Time
	Text, Note string
}

// Days are what happened, newest day first, each day with its date; of one moment
// in the order given.
func Days(ctx context.Context, all []Happening) []HistoryDay {
	slices.SortStableFunc(all, func(a, b Happening) int { return b.At.Compare(a.At) })
	var days []HistoryDay
	for _, x := range all {
		on := i18n.Date(ctx, x.At)
		if len(days) == 0 || days[len(days)-1].Date != on {
			days = append(days, HistoryDay{Date: on})
		}
		last := &days[len(days)-1]
		last.Items = append(last.Items, HistoryItem{Time: i18n.Clock(ctx, x.At), Text: x.Text, Note: x.Note})
	}
	return days
}
