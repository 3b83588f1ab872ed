package policystudio

import (
	"context"
	"slices"
	"strings"

	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/policywords"
	"portal/web/ui"
)

// term is a name of the document as people read it.
type term struct {
	Label      string // the name itself where nobody gave it another
	Name       string // "" where the label says it already
	Hint       string
	Special    bool
	Deprecated bool
	Unknown    bool // not in the vocabulary
}

func (f formPage) term(ctx context.Context, family policydoc.Family, name string) term {
	t, known := f.Words.Term(family, name)
	label, labelled := f.Words.Label(i18n.Lang(ctx), family, name)
	out := term{
		Label: label, Hint: policywords.Description(ctx, f.Words, family, name), Special: t.Sensitivity == policydoc.Special,
		Deprecated: t.Deprecated != nil, Unknown: !known,
	}
	if labelled {
		out.Name = name
	}
	return out
}

// others explains the names that are not chosen. Special ones are always
// explained in their place.
func (f formPage) others(ctx context.Context, family policydoc.Family, picks []policydoc.Pick) []term {
	var out []term
	for _, p := range picks {
		if t := f.term(ctx, family, p.Name); !p.On && t.Hint != "" && !t.Special {
			out = append(out, t)
		}
	}
	return out
}

// otherWays explains the ways that are not allowed.
func (f formPage) otherWays(ctx context.Context) []term {
	var out []term
	for _, w := range f.Form.Auth.Ways {
		if t := f.wayTerm(ctx, w); w.State == policydoc.WayNo && t.Hint != "" {
			out = append(out, t)
		}
	}
	return out
}

// wayTerm names a way of verifying; a kind of biometrics by its kind.
func (f formPage) wayTerm(ctx context.Context, w policydoc.WayAnswer) term {
	if w.SubType != "" {
		return f.term(ctx, policydoc.SubTypes, w.SubType)
	}
	return f.term(ctx, policydoc.AuthTypes, w.Type)
}

// ways are the ways of verifying with the kinds of each below it.
type ways struct {
	Type  string
	Whole *policydoc.WayAnswer // nil: only kinds of it
	Kinds []policydoc.WayAnswer
}

func (f formPage) ways() []ways {
	var out []ways
	for _, w := range f.Form.Auth.Ways {
		i := slices.IndexFunc(out, func(g ways) bool { return g.Type == w.Type })
		if i < 0 {
			i = len(out)
			out = append(out, ways{Type: w.Type})
		}
		if w.SubType == "" {
			out[i].Whole = &w
		} else {
			out[i].Kinds = append(out[i].Kinds, w)
		}
	}
	return out
}

func wayOptions(ctx context.Context, w policydoc.WayAnswer) []ui.Option {
	states := []string{policydoc.WayNo, policydoc.WayOptional, policydoc.WayRequired}
	if w.State == policydoc.WayOdd {
		states = append(states, policydoc.WayOdd)
	}
	options := make([]ui.Option, len(states))
	for i, s := range states {
		options[i] = ui.Option{Value: s, Text: i18n.T(ctx, "policy_studio.way."+s), Selected: s == w.State}
	}
	return options
}

// pickGroup are attributes that need the same care.
type pickGroup struct {
	Sensitivity policydoc.Sensitivity // "" for names that the vocabulary does not have
	Picks       []policydoc.Pick
}

func (f formPage) attributeGroups() []pickGroup {
	var out []pickGroup
	for _, s := range append(policydoc.Sensitivities(), "") {
		g := pickGroup{Sensitivity: s}
		for _, p := range f.Form.Auth.Attributes {
			if t, _ := f.Words.Term(policydoc.Attributes, p.Name); t.Sensitivity == s {
				g.Picks = append(g.Picks, p)
			}
		}
		if len(g.Picks) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// groupTitle names a group of attributes.
func groupTitle(ctx context.Context, g pickGroup) string {
	if g.Sensitivity == "" {
		return i18n.T(ctx, "policy_studio.attributes.unknown")
	}
	return i18n.T(ctx, "policy_studio.attributes."+string(g.Sensitivity))
}

// fixedOptions are the values that a schema fixes, and what the document says
// instead.
func fixedOptions(ctx context.Context, a policydoc.Answer, help bool, key func(string) (string, bool), names ...string) []ui.Option {
	var options []ui.Option
	if a.Value != "" && !slices.Contains(names, a.Value) {
		names = append(slices.Clone(names), a.Value)
	}
	for _, name := range names {
		o := ui.Option{Value: name, Text: policywords.Fixed(ctx, key, name), Selected: a.Value == name}
		if k, known := key(name); known && help {
			o.Hint = i18n.T(ctx, k+".help")
		}
		options = append(options, o)
	}
	return options
}

// flagOptions are yes and no.
func flagOptions(ctx context.Context, a policydoc.Answer) []ui.Option {
	return []ui.Option{
		{Value: "true", Text: i18n.T(ctx, "policy_studio.encrypted.yes"), Selected: a.Value == "true"},
		{Value: "false", Text: i18n.T(ctx, "policy_studio.encrypted.no"), Selected: a.Value == "false"},
	}
}

// countType is the type of a number's input. A browser shows no text in a field
// for numbers, so a value that is none gets a field that can show it.
func countType(a policydoc.Answer) string {
	if strings.Trim(a.Value, "0123456789") != "" || len(a.Value) > 15 {
		return "text"
	}
	return "number"
}

// plain tells whether a shared attribute is taken as it is recorded, so that its
// sources need no place of their own.
func plain(r policydoc.AttributeRow) bool {
	return len(r.Sources) == 1 && len(r.Sources[0].Filters) == 0 && r.Sources[0].Attribute.Value == r.Name.Value && r.Name.Value != "" &&
		r.Group.Value == "" && r.Group.Odd == "" && len(r.Others) == 0 && len(r.Sources[0].Others) == 0 && r.Sources[0].Attribute.Odd == ""
}

// opened tells whether a row shows everything at once: while it is being filled
// in, or where something is missing.
func (f formPage) opened(r policydoc.AttributeRow) bool {
	return f.Added != "" && (f.Added == r.ID || strings.HasPrefix(f.Added, r.ID+":")) ||
		slices.ContainsFunc(r.Sources, func(s policydoc.SourceRow) bool { return s.Attribute.Value == "" })
}

// taken says in a line where an attribute comes from.
func (f formPage) taken(ctx context.Context, r policydoc.AttributeRow) string {
	if plain(r) {
		return i18n.T(ctx, "policy_studio.row.plain")
	}
	var names []string
	filters := 0
	for _, s := range r.Sources {
		names = append(names, policywords.Label(ctx, f.Words, policydoc.Attributes, s.Attribute.Value))
		filters += len(s.Filters)
	}
	from := i18n.T(ctx, "policy_studio.row.from", "Names", strings.Join(names, i18n.T(ctx, "policy.separator")))
	if filters > 0 {
		return from + i18n.T(ctx, "policy.separator") + i18n.T(ctx, "policy_studio.row.filters", "Count", filters)
	}
	return from
}

// rowName is what a row is called where it is removed.
func (f formPage) rowName(ctx context.Context, a policydoc.Answer) string {
	if a.Value == "" {
		return i18n.T(ctx, "policy_studio.row.unnamed")
	}
	return policywords.Label(ctx, f.Words, policydoc.Attributes, a.Value)
}

// suggestions are the names of a family for the list of an input.
func (f formPage) suggestions(ctx context.Context, family policydoc.Family) []ui.Option {
	var options []ui.Option
	for _, name := range f.Words.Names(family) {
		label, _ := f.Words.Label(i18n.Lang(ctx), family, name)
		options = append(options, ui.Option{Value: name, Text: label})
	}
	return options
}

// at is the page's address with the place to come back to, for buttons that add
// or take away.
func (f formPage) at(place string) string { return f.action() + "#" + place }

// shareOptions are the values that the schema of Data share policies fixes, each with
// an explanation.
func shareOptions(ctx context.Context, a policydoc.Answer, key func(string) (string, bool), names ...string) []ui.Option {
	options := fixedOptions(ctx, a, false, key, names...)
	for i, o := range options {
		if k, known := key(o.Value); known {
			options[i].Hint = i18n.T(ctx, "policy_studio"+strings.TrimPrefix(k, "policydoc")+".help")
		}
	}
	return options
}

func shareTypeOptions(ctx context.Context, a policydoc.Answer) []ui.Option {
	return shareOptions(ctx, a, policydoc.ShareTypeKey, "Data Share", "direct")
}

func encryptionOptions(ctx context.Context, a policydoc.Answer) []ui.Option {
	return shareOptions(ctx, a, policydoc.EncryptionKey, "Partner Based", "none")
}

// protocolOptions has "not said": a policy need not name one.
func protocolOptions(ctx context.Context, a policydoc.Answer) []ui.Option {
	var options []ui.Option
	if a.Odd == "" {
		options = append(options, ui.Option{Text: i18n.T(ctx, "policy_studio.protocol.any"), Selected: a.Value == ""})
	}
	names := []string{"https", "http"}
	if a.Value != "" && !slices.Contains(names, a.Value) {
		names = append(names, a.Value)
	}
	for _, name := range names {
		options = append(options, ui.Option{Value: name, Text: i18n.Isolate(name), Selected: a.Value == name})
	}
	return options
}
