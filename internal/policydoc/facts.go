package policydoc

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// facts are what a meaning comes to once order, repetition and what something
// wider already covers are gone. Sentences, differences and the canonical form
// are made of them, so they cannot disagree.
type facts struct {
	kind Kind

	// Of an Auth policy.
	token      string
	tokenLine  int
	allowed    map[way]lines // no way that a wider one covers
	required   map[way]lines // no way that a narrower one implies
	proves     bool          // some way that is allowed proves who somebody is
	returns    bool          // some way that is allowed returns data
	attributes map[string]lines
	languages  map[string]lines // empty: the policy does not choose

	// Of a Data share policy.
	share ShareMeaning // for its single values
	items map[string]*item
}

// way is a way of authenticating: a type, and a kind of it or "" for any.
type way struct{ typ, sub string }

// lines are where something stands in the document.
type lines []int

// sorted are the lines in order, each once, without those that are unknown.
func (l lines) sorted() []int {
	slices.Sort(l)
	l = slices.Compact(l)
	if len(l) > 0 && l[0] == 0 {
		l = l[1:]
	}
	return l
}

// factsOf folds a meaning. It needs time proportional to it.
func factsOf(m Meaning) facts {
	f := facts{kind: m.Kind}
	switch m.Kind {
	case KindAuth:
		f.foldAuth(m.Auth)
	case KindDataShare:
		f.share = m.Share
		f.foldShare(m.Share.Attributes)
	}
	return f
}

// nothing is true for the zero meaning of a Data share policy: no policy at all.
// What an empty field means of a policy, any protocol, it does not mean then.
func (f facts) nothing() bool {
	return f.share.TypeOfShare.Name == "" && len(f.items) == 0
}

func (f *facts) foldAuth(a AuthMeaning) {
	f.token, f.tokenLine = a.TokenType.Name, a.TokenType.Line
	f.allowed, f.required = make(map[way]lines), make(map[way]lines)
	for _, w := range a.Ways {
		k := way{w.Type, w.SubType}
		f.allowed[k] = append(f.allowed[k], w.Line)
		f.proves, f.returns = f.proves || Proves(w.Type), f.returns || ReturnsData(w.Type)
		if w.Mandatory {
			f.required[k] = append(f.required[k], w.Line)
		}
	}
	// Whoever must use one kind uses the type: requiring the type says no more.
	for w := range f.required {
		if w.sub != "" {
			delete(f.required, way{w.typ, ""})
		}
	}
	// Whoever may use any kind of a type may use each.
	for w := range f.allowed {
		if _, any := f.allowed[way{w.typ, ""}]; any && w.sub != "" {
			delete(f.allowed, w)
		}
	}
	f.attributes, f.languages = said(a.Attributes), said(a.Languages)
}

func said(all []Said) map[string]lines {
	out := make(map[string]lines, len(all))
	for _, s := range all {
		out[s.Name] = append(out[s.Name], s.Line)
	}
	return out
}

// Canonical is a text that two meanings share exactly when they say the same:
// it knows no order, no formatting, no repetition, and nothing that something
// wider already covers. It is made for comparing, not for reading.
func Canonical(m Meaning) string {
	f := factsOf(m)
	var b []byte
	fact := func(words ...string) {
		for _, w := range words {
			b = append(strconv.AppendQuote(b, w), ' ')
		}
		b = append(b, '\n')
	}
	fact("kind", string(f.kind))
	if f.kind == KindDataShare {
		f.canonicalShare(fact)
		return string(b)
	}
	fact("token_type", f.token)
	for _, w := range sortedWays(f.allowed) {
		fact("way", w.typ, w.sub)
	}
	for _, w := range sortedWays(f.required) {
		fact("required", w.typ, w.sub)
	}
	for _, name := range sortedNames(f.attributes) {
		fact("attribute", name)
	}
	for _, name := range sortedNames(f.languages) {
		fact("language", name)
	}
	return string(b)
}

func (f facts) canonicalShare(fact func(...string)) {
	s := f.share
	fact("share", s.TypeOfShare.Name, s.Encryption.Name, s.Domain.Name, s.Source.Name, s.Protocol.Name,
		strconv.Itoa(s.ValidMinutes), strconv.Itoa(s.Transactions))
	for _, name := range sortedNames(f.items) {
		it := f.items[name]
		fact("item", name)
		for _, e := range it.entries {
			fact("entry", name, e.source, e.typ, e.sub, e.lang, e.format, strconv.FormatBool(e.plain))
		}
		for _, g := range it.groups {
			fact("group", name, g)
		}
	}
}

func sortedNames[V any](set map[string]V) []string { return slices.Sorted(maps.Keys(set)) }

func sortedWays(set map[way]lines) []way {
	return slices.SortedFunc(maps.Keys(set), func(a, b way) int {
		return cmp.Or(strings.Compare(a.typ, b.typ), strings.Compare(a.sub, b.sub))
	})
}
