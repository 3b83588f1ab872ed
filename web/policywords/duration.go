package policywords

import (
	"strconv"
	"strings"

	"portal/web/i18n"
)

const (
	minutesOfHour = 60
	minutesOfDay  = 24 * minutesOfHour
	minutesOfYear = 365 * minutesOfDay
)

// duration says a number of minutes as people do: in the largest unit that gives
// a whole number. More than a year is hardly meant, so there the number as it
// was written stands too. What is no number was kept long ago and stays as it is.
func (t teller) duration(minutes string) string {
	n, err := strconv.Atoi(minutes)
	if err != nil {
		return minutes
	}
	unit, count := "minutes", n
	switch {
	case n > minutesOfYear:
		unit = "years"
	case n >= minutesOfDay && n%minutesOfDay == 0:
		unit, count = "days", n/minutesOfDay
	case n >= minutesOfHour && n%minutesOfHour == 0:
		unit, count = "hours", n/minutesOfHour
	}
	return i18n.In(t.lang, "policy_says.time."+unit, "Count", count, "Number", t.digits(count))
}

// digits writes a long number so that it can be read: in groups of three.
func (t teller) digits(n int) string {
	between := ","
	if t.lang == "fr" {
		between = "\u00a0"
	}
	s := strconv.Itoa(n)
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(between)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
