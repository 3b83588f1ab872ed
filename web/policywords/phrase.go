package policywords

import (
	"context"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// phrase is a message cut at its arguments: what is written out and the names
// of arguments in turn, text first. A policy of thousands of items fills the
// same few messages, so each is read once.
type phrase []string

type phraseKey struct {
	lang, key string
	count     int
}

var phrases sync.Map // phraseKey → phrase

// keptCount is the largest number whose form of a message is kept: what people
// write has few of anything.
const keptCount = 200

// argumentNames are those that messages of sentences and changes have. Count is
// not among them: it chooses a form.
var argumentNames = []string{
	"Ways", "Data", "Languages", "Item", "Source", "Parts", "Format", "Limits", "Set", "Host", "Origin", "Time",
	"From", "To", "Name", "Kinds", "Language",
}

const cut = "\x00"

var markers = func() []any {
	var out []any
	for _, name := range argumentNames {
		out = append(out, name, cut+name+cut)
	}
	return out
}()

// phraseOf is a message without a count.
func phraseOf(lang, key string) phrase {
	k := phraseKey{lang: lang, key: key}
	if p, ok := phrases.Load(k); ok {
		return p.(phrase) //nolint:forcetypeassert // only phrases are stored
	}
	p := phrase(strings.Split(i18n.In(lang, key, markers...), cut))
	phrases.Store(k, p)
	return p
}

// counted is a message in the form that a number takes; 0 for one that counts
// nothing.
func counted(lang, key string, n int) phrase {
	if n == 0 {
		return phraseOf(lang, key)
	}
	k := phraseKey{lang, key, n}
	if p, ok := phrases.Load(k); ok {
		return p.(phrase) //nolint:forcetypeassert // only phrases are stored
	}
	p := phrase(strings.Split(i18n.In(lang, key, append([]any{"Count", n}, markers...)...), cut))
	if n <= keptCount {
		phrases.Store(k, p)
	}
	return p
}

// teller writes sentences of one reader's language.
type teller struct {
	lang string
	v    *policydoc.Vocabulary
	// changed tells the names to mark in a sentence that another version says
	// otherwise; nil marks none.
	changed func(policydoc.Name) bool
	words   map[wordKey]string // what has been asked for already
}

type wordKey struct {
	family policydoc.Family
	name   string
}

func newTeller(ctx context.Context, v *policydoc.Vocabulary) teller {
	return teller{lang: i18n.Lang(ctx), v: v, words: make(map[wordKey]string)}
}

// mark is where in a text a name stands that is to be seen.
type mark struct {
	start, end int
	special    bool // of data that needs the most care
	changed    bool // only this version has it
}

// written is a sentence with its marks, in order.
type written struct {
	text  string
	marks []mark
}

// sentence fills a message.
func (t teller) sentence(key string, count int, args []policydoc.Arg) written {
	p := counted(t.lang, key, count)
	var b strings.Builder
	var marks []mark
	for i, piece := range p {
		if i%2 == 0 {
			b.WriteString(piece)
			continue
		}
		for _, a := range args {
			if a.Name == piece {
				marks = t.list(&b, marks, a.Names, a.Joined)
			}
		}
	}
	return written{upperFirst(b.String()), marks}
}

// list writes names as the language joins them, and adds marks where they are to
// be seen.
func (t teller) list(b *strings.Builder, marks []mark, names []policydoc.Name, joined policydoc.Joined) []mark {
	add := func(i, start, end int) {
		m := mark{start, end, names[i].Special, t.changed != nil && t.changed(names[i])}
		if m.special || m.changed {
			marks = append(marks, m)
		}
	}
	if len(names) == 1 {
		start := b.Len()
		b.WriteString(t.name(names[0], joined))
		add(0, start, b.Len())
		return marks
	}
	words := make([]string, len(names))
	for i := range names {
		words[i] = t.name(names[i], joined)
	}
	t.join(b, words, joined, add)
	return marks
}

// join writes words as the language joins them: "a, b and c". Where one has a
// comma itself, semicolons keep them apart.
func (t teller) join(b *strings.Builder, words []string, joined policydoc.Joined, at func(i, start, end int)) {
	key := "policy_says.list."
	if len(words) > 1 && slices.ContainsFunc(words, hasComma) {
		key = "policy_says.list.long_"
	}
	between, last := i18n.In(t.lang, key+"comma"), i18n.In(t.lang, key+string(joined))
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(last)
		default:
			b.WriteString(between)
		}
		start := b.Len()
		b.WriteString(w)
		at(i, start, b.Len())
	}
}

func hasComma(s string) bool { return strings.Contains(s, ",") || strings.Contains(s, "،") }

// Join joins words as the reader's language does: "a, b and c".
func Join(ctx context.Context, words []string, joined policydoc.Joined) string {
	var b strings.Builder
	teller{lang: i18n.Lang(ctx)}.join(&b, words, joined, func(int, int, int) {})
	return b.String()
}

// name is a name in running text, with what narrows it.
func (t teller) name(n policydoc.Name, joined policydoc.Joined) string {
	switch n.Kind {
	case textKind:
		return n.Name
	case "minutes":
		return t.duration(n.Name)
	}
	if n.Kind != "" {
		kind := n.Kind
		n.Kind = ""
		word := ""
		if n.Name != "" || n.Lang != "" {
			word = t.name(n, joined)
		}
		return t.fill("policy_says.limit."+kind, "Name", word)
	}
	word := ""
	if n.Name != "" {
		word = t.word(n.Family, n.Name)
	}
	if len(n.Subs) > 0 {
		var kinds strings.Builder
		t.list(&kinds, nil, n.Subs, joined)
		word = t.fill("policy_says.kinds", "Name", word, "Kinds", kinds.String())
	}
	switch {
	case n.Lang == "":
		return word
	case word == "":
		return t.fill("policy_says.in_language", "Language", t.word(policydoc.Languages, n.Lang))
	}
	return t.fill("policy_says.part_in_language", "Name", word, "Language", t.word(policydoc.Languages, n.Lang))
}

// fill fills a message with words: name, word, name, word …
func (t teller) fill(key string, args ...string) string {
	p := phraseOf(t.lang, key)
	var b strings.Builder
	for i, piece := range p {
		if i%2 == 0 {
			b.WriteString(piece)
			continue
		}
		for j := 0; j+1 < len(args); j += 2 {
			if args[j] == piece {
				b.WriteString(args[j+1])
			}
		}
	}
	return b.String()
}

// word is what people call a name, as it stands inside a sentence. A label that
// every installation starts with is a common noun and begins small; one of the
// deployment's own may be a proper noun and stays as it was written.
func (t teller) word(f policydoc.Family, name string) string {
	k := wordKey{f, name}
	word, ok := t.words[k]
	if !ok {
		word = t.newWord(f, name)
		if t.words != nil {
			t.words[k] = word
		}
	}
	return word
}

func (t teller) newWord(f policydoc.Family, name string) string {
	label, known := t.v.Label(t.lang, f, name)
	if !known {
		return i18n.Isolate(name)
	}
	if f == policydoc.Languages {
		return label
	}
	if t.lang == "ar" && strings.ContainsFunc(label, isLatin) {
		return i18n.Isolate(label) // "(e-KYC)." at the end of a sentence would turn around
	}
	if seed, _ := policydoc.DefaultVocabulary().Label(t.lang, f, name); seed == label {
		return lowerFirst(label)
	}
	return label
}

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[size:])
	if !unicode.IsUpper(r) || unicode.IsUpper(next) {
		return s
	}
	return string(unicode.ToLower(r)) + s[size:]
}

// upperFirst begins a sentence; the marks in it stay right, because a letter
// that takes another number of bytes is left alone.
func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	upper := unicode.ToUpper(r)
	if upper == r || utf8.RuneLen(upper) != size {
		return s
	}
	return string(upper) + s[size:]
}
