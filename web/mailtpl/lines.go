package mailtpl

import (
	"slices"
	"strconv"
	"strings"

	"portal/web/i18n"
)

// records takes lines of fields with tabs between them apart, each filled up to n
// fields.
func records(lines string, n int) [][]string {
	var out [][]string
	for line := range strings.Lines(lines) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for len(fields) < n {
			fields = append(fields, "")
		}
		out = append(out, fields)
	}
	return out
}

// count is a number of a mail's params; 0 for anything else.
func count(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// things says of what kind and how many things a mail tells; "" where it tells of
// none.
func things(lang, kind, of string) string {
	if kind == "" {
		return ""
	}
	return i18n.In(lang, "mail.things."+kind, "Count", count(of))
}

// names lists things, a line each, and how many more there are.
func names(lang, lines, of string) string {
	var out []string
	for line := range strings.Lines(lines) {
		out = append(out, "– "+written(lang, line))
	}
	if more := count(of) - len(out); more > 0 {
		out = append(out, i18n.In(lang, "mail.ending.rest", "Count", more))
	}
	return strings.Join(out, "\n")
}

// endings says of each thing what it is, when it ends and how soon. A line holds
// its kind, name and policy, the day and the days left on the day of the mail.
func endings(lang, lines, rest string) string {
	var out []string
	for _, f := range records(lines, 5) {
		what := i18n.In(lang, "mail.ending."+f[0], "Name", written(lang, f[1]), "Policy", written(lang, f[2]))
		date, left := dateIn(lang, f[3]), count(f[4])
		if left == 0 {
			out = append(out, i18n.In(lang, "mail.ending.today", "What", what, "Date", date))
		} else {
			out = append(out, i18n.In(lang, "mail.ending.line", "What", what, "Date", date, "Count", left))
		}
	}
	if n := count(rest); n > 0 {
		out = append(out, i18n.In(lang, "mail.ending.rest", "Count", n))
	}
	return strings.Join(out, "\n")
}

// sections order the facts of a summary under headings.
var sections = []struct {
	heading string
	facts   []string
}{
	{"waiting", []string{
		"waiting_registrations", "waiting_requests", "waiting_extensions", "waiting_sbis", "waiting_devices", "waiting_chips",
		"waiting_chip_certificates", "waiting_changes", "waiting_roots",
	}},
	{"ends", []string{"ends_partner", "ends_staff", "ends_more"}},
	{"decided", []string{
		"approved_registrations", "rejected_registrations", "changes_requested_registrations",
		"approved_requests", "rejected_requests", "changes_requested_requests",
		"extended_grants", "refused_extensions", "revoked_grants",
		"approved_sbis", "rejected_sbis", "changes_requested_sbis", "deactivated_sbis",
		"approved_devices", "rejected_devices", "changes_requested_devices", "deactivated_devices",
		"approved_chips", "rejected_chips", "changes_requested_chips", "deactivated_chips",
		"approved_chip_certificates", "refused_chip_certificates",
		"approved_changes", "rejected_changes", "deactivated_partners", "reactivated_partners",
		"policies_in_force", "policies_out_of_force",
	}},
	{"failed", []string{"failed_mails", "failed_webhooks"}},
}

// summary puts the facts of a week into sentences. A line holds what it tells of,
// how many, a day and a name.
func summary(lang, lines string) string {
	var parts []string
	all := records(lines, 4)
	for _, s := range sections {
		var out []string
		for _, f := range all {
			if slices.Contains(s.facts, f[0]) {
				out = append(out, i18n.In(lang, "mail.weekly."+f[0], "Count", count(f[1]), "Date", dateIn(lang, f[2]), "Name", written(lang, f[3])))
			}
		}
		if len(out) > 0 {
			parts = append(parts, i18n.In(lang, "mail.weekly."+s.heading)+"\n"+strings.Join(out, "\n"))
		}
	}
	return strings.Join(parts, "\n\n")
}
