package policypreview

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/policywords"
	"portal/web/ui"
)

// What an address may ask for: names as long as a document's, and as many as a
// person would ever tick.
const (
	maxAsked = 200
	maxName  = 256
)

// tryPage is a question, and the answer if something was asked.
type tryPage struct {
	policy.Full
	Vocabulary *policydoc.Vocabulary
	Side       side
	Question   policy.Question
	Person     string
	Asked      bool
	Answer     policy.Answer
	Reasons    []told
	place      func(line int) string
}

func (h handlers) try(w http.ResponseWriter, r *http.Request) error {
	p, words, err := h.load(r)
	if err != nil {
		return err
	}
	s := tryPage{Full: p, Vocabulary: words}
	if s.Side, err = h.chosen(r, p); err != nil {
		return err
	}
	q := r.URL.Query()
	s.Question = question(h.kind, q)
	s.Asked = len(s.Question.Ways)+len(s.Question.Attributes)+len(s.Question.Languages) > 0 || q.Has("ask")
	for _, person := range policy.People(h.policies.Today(), s.Side.Meaning) {
		if person.ID == q.Get("person") {
			s.Person, s.Question.Person = person.ID, &person
		}
	}
	if s.Asked && s.Side.Understood {
		s.Answer = policy.Decide(s.Side.Meaning, s.Question)
		s.Reasons = tell(r.Context(), words, s.Side.Meaning, s.Answer.Reasons)
		s.place = policywords.Places(policywords.TextURL(h.kind, s.Side.Version), s.Side.Version)
	}
	return page.Render(w, r, http.StatusOK, tryTemplate(s))
}

// question reads what was ticked. A policy that knows no ways is not asked about
// any.
func question(kind policy.Kind, q url.Values) policy.Question {
	out := policy.Question{Attributes: names(q["attribute"])}
	if kind != policydoc.KindAuth {
		return out
	}
	out.Languages = names(q["language"])
	for _, name := range names(q["way"]) {
		out.Ways = append(out.Ways, use(name))
	}
	return out
}

// use reads a way as addresses write it: "otp", "bio:IRIS".
func use(s string) policy.Use {
	way, kind, _ := strings.Cut(s, ":")
	return policy.Use{Type: way, SubType: kind}
}

// useValue writes a way for an address; a way whose own name holds the sign
// cannot be asked about.
func useValue(w policy.Use) string {
	if w.SubType == "" {
		return w.Type
	}
	return w.Type + ":" + w.SubType
}

// names are the values that can be names of a document, each once; what cannot
// is ignored.
func names(values []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range values {
		bad := s == "" || len(s) > maxName || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || strings.TrimSpace(s) != s
		if bad || seen[s] || len(out) == maxAsked {
			continue
		}
		seen[s] = true
		out = append(out, s)
	}
	return out
}

// ticks collects options to tick: what the document names, then what else the
// deployment knows, then what the address names beside both.
type ticks struct {
	options []ui.Option
	said    int // of them, those that the document names: the first ones
	cut     int // that are too many to be offered
	at      map[string]int
}

func (t *ticks) add(value, text string) {
	if t.at == nil {
		t.at = map[string]int{}
	}
	if _, there := t.at[value]; there {
		return
	}
	if len(t.options) >= maxAsked {
		t.cut++
		t.at[value] = -1
		return
	}
	t.at[value] = len(t.options)
	t.options = append(t.options, ui.Option{Value: value, Text: text})
}

func (t *ticks) tick(value, text string) {
	t.add(value, text)
	if i := t.at[value]; i >= 0 {
		t.options[i].Selected = true
	}
}

// named marks what was added so far as what the document names.
func (t *ticks) named() { t.said = len(t.options) }

func ticked(options []ui.Option) bool {
	return slices.ContainsFunc(options, func(o ui.Option) bool { return o.Selected })
}

func (s tryPage) ways(ctx context.Context) ticks {
	var t ticks
	add := func(w policy.Use) { t.add(useValue(w), wayText(ctx, s.Vocabulary, w)) }
	for _, w := range s.Side.Meaning.Auth.Ways {
		if w.Type != "bio" || w.SubType != "" { // people use one kind or another
			add(policy.Use{Type: w.Type, SubType: w.SubType})
		}
	}
	t.named()
	for _, way := range s.Vocabulary.Names(policydoc.AuthTypes) {
		if way != "bio" {
			add(policy.Use{Type: way})
			continue
		}
		for _, kind := range s.Vocabulary.Names(policydoc.SubTypes) {
			add(policy.Use{Type: way, SubType: kind})
		}
	}
	for _, w := range s.Question.Ways {
		t.tick(useValue(w), wayText(ctx, s.Vocabulary, w))
	}
	return t
}

func (s tryPage) attributes(ctx context.Context) ticks {
	return s.terms(ctx, policydoc.Attributes, policy.Everything(s.Side.Meaning).Attributes, s.Question.Attributes)
}

func (s tryPage) languages(ctx context.Context) ticks {
	var said []string
	for _, l := range s.Side.Meaning.Auth.Languages {
		said = append(said, l.Name)
	}
	return s.terms(ctx, policydoc.Languages, said, s.Question.Languages)
}

func (s tryPage) terms(ctx context.Context, family policydoc.Family, said, asked []string) ticks {
	var t ticks
	label := func(name string) string { return policywords.Label(ctx, s.Vocabulary, family, name) }
	for _, name := range said {
		t.add(name, label(name))
	}
	t.named()
	for _, name := range s.Vocabulary.Names(family) {
		t.add(name, label(name))
	}
	for _, name := range asked {
		t.tick(name, label(name))
	}
	return t
}

func (s tryPage) people(ctx context.Context) []ui.Option {
	options := []ui.Option{{Value: "", Text: i18n.T(ctx, "policy_preview.try.nobody"), Selected: s.Person == ""}}
	for _, pid := range policy.PeopleIDs() {
		options = append(options, ui.Option{Value: pid, Text: i18n.T(ctx, "policy_preview.person."+pid+".title"), Selected: pid == s.Person})
	}
	return options
}
