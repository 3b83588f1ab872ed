package policypreview

import (
	"context"
	"net/http"
	"slices"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

// maxRows is how many attributes of a person are shown; a document may name
// thousands.
const maxRows = 200

// previewPage is what a partner would receive under one version, and under
// another before it.
type previewPage struct {
	policy.Full
	Vocabulary *policydoc.Vocabulary
	After      side
	Before     *side // nil: nothing to compare with, or it is not understood
	Unread     *side // the version to compare with, if it is not understood
	Shared     []sharedRow
	People     []personView
}

// change says how two columns differ: a part of a message's key.
type change string

const (
	same    change = ""
	gained  change = "gained"
	lost    change = "lost"
	changed change = "changed"
)

func (c change) tag() string {
	return map[change]string{gained: "info", lost: "warn", changed: "neutral"}[c]
}

// sharedRow is one thing that is the same for every person.
type sharedRow struct {
	Label, Before, After string
	Change               change
}

// personView is one of the made-up people and what the partner receives of them.
type personView struct {
	ID   string
	Rows []itemRow
	More int      // rows that are not shown
	Kept []string // names of what stays, under the version that is shown
}

// itemRow is one attribute before and after; nil where it is not granted.
type itemRow struct {
	Name          string
	Before, After *policy.Item
	Change        change
}

func (h handlers) preview(w http.ResponseWriter, r *http.Request) error {
	p, words, err := h.load(r)
	if err != nil {
		return err
	}
	s := previewPage{Full: p, Vocabulary: words}
	if s.After, err = h.chosen(r, p); err != nil {
		return err
	}
	if s.Before, err = h.against(r, p, s.After.Number); err != nil {
		return err
	}
	if s.Before != nil && !s.Before.Understood {
		s.Before, s.Unread = nil, s.Before
	}
	if s.After.Understood {
		s.Shared = sharedRows(r.Context(), s)
		s.People = peopleViews(s)
	}
	return page.Render(w, r, http.StatusOK, previewTemplate(s))
}

// compared are the meanings of the page's versions, the newer one first.
func (s previewPage) compared() []policydoc.Meaning {
	ms := []policydoc.Meaning{s.After.Meaning}
	if s.Before != nil {
		ms = append(ms, s.Before.Meaning)
	}
	return ms
}

func peopleViews(s previewPage) []personView {
	var views []personView
	for _, p := range policy.People(s.compared()...) {
		after := received(s.After.Meaning, p)
		var before []policy.Item
		if s.Before != nil {
			before = received(s.Before.Meaning, p)
		}
		v := personView{ID: p.ID, Rows: itemRows(before, after, s.Before != nil), Kept: kept(p, after)}
		if len(v.Rows) > maxRows {
			v.More, v.Rows = len(v.Rows)-maxRows, v.Rows[:maxRows]
		}
		views = append(views, v)
	}
	return views
}

// received is all that a partner can get of a person under a policy.
func received(m policydoc.Meaning, p policy.Person) []policy.Item {
	q := policy.Everything(m)
	q.Person = &p
	return policy.Decide(m, q).Released
}

// kept are the recorded attributes of which the partner receives nothing.
func kept(p policy.Person, items []policy.Item) []string {
	out := map[string]bool{}
	for _, item := range items {
		for _, name := range item.From {
			out[name] = true
		}
	}
	return slices.DeleteFunc(p.Names(), func(name string) bool { return out[name] })
}

// itemRows sets two lists side by side, in the order of the newer document;
// behind it what only the older one gives. An attribute that a document names
// twice meets its own turn.
func itemRows(before, after []policy.Item, compare bool) []itemRow {
	type turn struct {
		name string
		nth  int
	}
	was, used, count := map[turn]*policy.Item{}, map[turn]bool{}, map[string]int{}
	for i := range before {
		name := before[i].Attribute
		was[turn{name, count[name]}] = &before[i]
		count[name]++
	}
	clear(count)
	var rows []itemRow
	for i := range after {
		k := turn{after[i].Attribute, count[after[i].Attribute]}
		count[k.name]++
		used[k] = true
		rows = append(rows, itemRow{Name: k.name, Before: was[k], After: &after[i]})
	}
	clear(count)
	for i := range before {
		k := turn{before[i].Attribute, count[before[i].Attribute]}
		count[k.name]++
		if !used[k] {
			rows = append(rows, itemRow{Name: k.name, Before: &before[i]})
		}
	}
	if compare {
		for i := range rows {
			rows[i].Change = difference(rows[i].Before, rows[i].After)
		}
	}
	return rows
}

// difference is about what arrives: an attribute that is granted but that the
// person does not have arrives neither before nor after.
func difference(before, after *policy.Item) change {
	had, has := before != nil && before.Absent == "", after != nil && after.Absent == ""
	switch {
	case !had && has:
		return gained
	case had && !has:
		return lost
	case had && has && !alike(*before, *after):
		return changed
	}
	return same
}

func alike(a, b policy.Item) bool {
	return slices.Equal(a.Values, b.Values) && a.Format == b.Format && a.Encrypted == b.Encrypted && a.Group == b.Group
}

// sharedRows tell what holds for whoever the data is about.
func sharedRows(ctx context.Context, s previewPage) []sharedRow {
	rows := shared(ctx, s.Vocabulary, s.After.Meaning)
	for i := range rows {
		if s.Before != nil {
			rows[i].Before = shared(ctx, s.Vocabulary, s.Before.Meaning)[i].After
			if rows[i].Before != rows[i].After {
				rows[i].Change = changed
			}
		}
	}
	return rows
}

// shared are the same rows for every document of a kind.
func shared(ctx context.Context, v *policydoc.Vocabulary, m policydoc.Meaning) []sharedRow {
	if m.Kind == policydoc.KindAuth {
		return []sharedRow{
			{Label: i18n.T(ctx, "policy_preview.shared.outcome"), After: i18n.T(ctx, "policy_preview.shared.outcome.value")},
			{Label: i18n.T(ctx, "policy_preview.shared.token"), After: policywords.Fixed(ctx, policydoc.TokenTypeKey, m.Auth.TokenType.Name)},
			{Label: i18n.T(ctx, "policy_preview.shared.languages"), After: languages(ctx, v, m.Auth)},
			{Label: i18n.T(ctx, "policy_preview.shared.data"), After: dataWays(ctx, v, m.Auth)},
		}
	}
	sh := m.Share
	return []sharedRow{
		{Label: i18n.T(ctx, "policy_preview.shared.way"), After: policywords.Fixed(ctx, policydoc.ShareTypeKey, sh.TypeOfShare.Name)},
		{Label: i18n.T(ctx, "policy_preview.shared.valid"), After: i18n.T(ctx, "policy_preview.shared.minutes", "Count", sh.ValidMinutes)},
		{Label: i18n.T(ctx, "policy_preview.shared.opened"), After: i18n.T(ctx, "policy_preview.shared.times", "Count", sh.Transactions)},
		{Label: i18n.T(ctx, "policy_preview.shared.encryption"), After: policywords.Fixed(ctx, policydoc.EncryptionKey, sh.Encryption.Name)},
		{Label: i18n.T(ctx, "policy_preview.shared.source"), After: policywords.Label(ctx, v, policydoc.Sources, sh.Source.Name)},
	}
}

func languages(ctx context.Context, v *policydoc.Vocabulary, m policydoc.AuthMeaning) string {
	if len(m.Languages) == 0 {
		return i18n.T(ctx, "policy_preview.shared.languages.all")
	}
	return listed(ctx, m.Languages, func(s policydoc.Said) string { return policywords.Label(ctx, v, policydoc.Languages, s.Name) })
}

func dataWays(ctx context.Context, v *policydoc.Vocabulary, m policydoc.AuthMeaning) string {
	ways := slices.DeleteFunc(slices.Clone(m.Ways), func(w policydoc.Way) bool { return !policydoc.ReturnsData(w.Type) })
	if len(ways) == 0 {
		return i18n.T(ctx, "policy_preview.shared.data.never")
	}
	return listed(ctx, ways, func(w policydoc.Way) string { return wayText(ctx, v, policy.Use{Type: w.Type, SubType: w.SubType}) })
}

// versionOptions are the versions to choose from, the chosen one too where it is
// too old to be listed; nil chooses none.
func versionOptions(ctx context.Context, versions []policy.Version, chosen *side) []ui.Option {
	number := 0
	if chosen != nil {
		number = chosen.Number
		if !slices.ContainsFunc(versions, func(v policy.Version) bool { return v.Number == number }) {
			versions = append(slices.Clone(versions), chosen.Version)
		}
	}
	var out []ui.Option
	for _, v := range versions {
		out = append(out, ui.Option{
			Value: ui.Number(v.Number), Selected: v.Number == number,
			Text: i18n.T(ctx, "policy_preview.version", "Number", v.Number, "State", i18n.T(ctx, "policy_preview.state."+string(v.Status))),
		})
	}
	return out
}

// againstOptions are the versions to compare with, and none.
func againstOptions(ctx context.Context, s previewPage) []ui.Option {
	chosen := s.Before
	if chosen == nil {
		chosen = s.Unread
	}
	none := ui.Option{Value: "0", Text: i18n.T(ctx, "policy_preview.against.none"), Selected: chosen == nil}
	return append([]ui.Option{none}, versionOptions(ctx, s.Versions, chosen)...)
}
