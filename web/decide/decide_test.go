package decide

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/problem"
	"portal/internal/sbi"
	"portal/web/i18n"
)

var things = Kind{
	Kind: sbi.Things, URL: "/sbis", MaySend: authz.SBISend, MayDeactivate: authz.SBIDeactivate,
	Templates: map[string][]string{"reject": {"superseded", "tests"}},
}

// Which acts are offered in which state, whoever looks.
func TestEachStateKnowsItsActs(t *testing.T) {
	t.Parallel()
	for s, want := range map[approval.Status]string{
		approval.Draft:            "withdraw",
		approval.PendingApproval:  "approve request-changes reject withdraw",
		approval.ChangesRequested: "withdraw",
		approval.Approved:         "deactivate",
		approval.Rejected:         "",
		approval.Withdrawn:        "",
		approval.Deactivated:      "reactivate",
	} {
		var got []string
		for _, v := range acts {
			if things.possible(v, s) {
				got = append(got, string(v))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s offers %v, want %s", s, got, want)
		}
	}
	for v, want := range map[act]authz.Permission{
		approve: authz.SBIDecide, requestChanges: authz.SBIDecide, reject: authz.SBIDecide, reactivate: authz.SBIDecide,
		deactivate: authz.SBIDeactivate, withdraw: authz.SBISend,
	} {
		if got := things.needs(v); got != want {
			t.Errorf("%s needs %s", v, got)
		}
	}
}

// Whoever has no right is offered the page of the thing alone.
func TestNobodyIsOfferedWhatTheyMayNot(t *testing.T) {
	t.Parallel()
	for _, s := range things.Moves.All() {
		if links := things.Actions(t.Context(), approval.Item{Status: s}); len(links) != 1 {
			t.Errorf("%s: %v", s, links)
		}
	}
}

func TestAChosenReasonGoesOutInTheProvidersLanguage(t *testing.T) {
	t.Parallel()
	fr := i18n.In("fr", "sbi.template.reject.tests")
	for _, c := range []struct{ template, text, want string }{
		{"", "Own words", "Own words"},
		{"tests", "", fr},
		{"tests", "Own words", fr + "\nOwn words"},
	} {
		if got, err := things.Chosen("fr", "reject", c.template, c.text); got != c.want || err != nil {
			t.Errorf("%+v: %q %v", c, got, err)
		}
	}
	for _, template := range []string{"no_such", "../x", "title"} {
		if _, err := things.Chosen("fr", "reject", template, "x"); !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%s: %v", template, err)
		}
	}
	options := things.Reasons(t.Context(), "reject", "fr", "tests")
	if len(options) != 3 || options[0].Selected || !options[2].Selected || !strings.Contains(options[2].Hint, fr) {
		t.Errorf("%+v", options)
	}
	if own := things.Reasons(t.Context(), "reject", "en", ""); own[1].Hint != "" || !own[0].Selected {
		t.Errorf("%+v", own)
	}
}

// A provider's history names its own people, and nobody of the staff.
func TestTheHistoryForAProvider(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	end := at.Add(48 * time.Hour)
	days := things.history(t.Context(), Thing{
		Item: approval.Item{Status: approval.Deactivated}, EndedByName: "Ada Admin", EndedAt: &end, EndedReason: "A flaw",
		Trail: approval.Trail{
			Submissions: []approval.Submission{{Number: 2, SubmittedByName: "Nadia Bern", SubmittedAt: at.Add(24 * time.Hour)}, {Number: 1, SubmittedByName: "Nadia Bern", SubmittedAt: at}},
			Decisions: []approval.Decision{
				{Submission: 2, Verdict: approval.Approved, DecidedByName: "Ada Admin", DecidedAt: at.Add(24 * time.Hour)},
				{Submission: 1, Verdict: approval.ChangesRequested, DecidedByName: "Ada Admin", DecidedAt: at, Reason: "More", Lines: []approval.Line{{Field: "hash", Message: "Which build?"}}},
			},
		},
	})
	var said []string
	for _, d := range days {
		said = append(said, d.Date)
		for _, item := range d.Items {
			said = append(said, item.Text, item.Note)
		}
	}
	text := strings.Join(said, "\n")
	if strings.Contains(text, "Ada") || len(days) != 3 || len(days[1].Items) != 2 {
		t.Error(text)
	}
	for _, want := range []string{"deactivated\nA flaw", "Which build?\u2069\nMore", "\u2068Nadia Bern\u2069 sent it for approval (submission 2)"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if !strings.Contains(days[1].Items[0].Text, "approved") {
		t.Error("of one moment, the last stands first:", days[1].Items[0].Text)
	}
}

// The words that every kind needs are there, in every language.
func TestEveryKindHasItsWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []audit.Kind{audit.SBI, audit.Device, audit.FTMChip} {
		for _, l := range i18n.Languages {
			for _, v := range acts {
				for _, part := range []string{"title", "consequence", "done"} {
					if key := string(kind) + "." + string(v) + "." + part; !i18n.Has(l.Code, key) {
						t.Errorf("%s: no words for %s", l.Code, key)
					}
				}
			}
			for _, s := range []approval.Status{approval.PendingApproval, approval.ChangesRequested, approval.Approved, approval.Rejected, approval.Withdrawn, approval.Deactivated} {
				if key := string(kind) + ".standing." + string(s) + ".title"; !i18n.Has(l.Code, key) {
					t.Errorf("%s: no words for %s", l.Code, key)
				}
			}
		}
	}
}
