package policydoc

import (
	"slices"
	"strconv"
	"strings"
)

func (c *comparison) auth() {
	a, b := c.a, c.b
	c.ranked(AspectTokenType, a.token, b.token, tokenRank(a.token), tokenRank(b.token))
	c.sets(AspectWay, "", wayEntries(a.allowed), wayEntries(b.allowed), wayValue, func(e entry) bool {
		return c.v.specialWay(way{e.typ, e.sub})
	})
	c.requirements(a.required, b.required, func(own, other string, special bool) {
		c.add(AspectRequired, "", own, other, Widens, special)
	})
	c.requirements(b.required, a.required, func(own, other string, special bool) {
		c.add(AspectRequired, "", other, own, Narrows, special)
	})
	for _, name := range missing(a.attributes, b.attributes) {
		c.add(AspectAttribute, "", name, "", Narrows, c.v.Special(Attributes, name))
	}
	for _, name := range missing(b.attributes, a.attributes) {
		c.add(AspectAttribute, "", "", name, Widens, c.v.Special(Attributes, name))
	}
	c.sets(AspectLanguage, "", languageEntries(a, b), languageEntries(b, a), languageValue, never)
}

func tokenRank(name string) int { return slices.Index(tokenTypeNames, name) }

// specialWay reports whether a way of authenticating uses data that needs the
// most care.
func (v *Vocabulary) specialWay(w way) bool {
	return v.Special(AuthTypes, w.typ) || v.Special(SubTypes, w.sub)
}

func wayEntries(set map[way]lines) []entry {
	out := make([]entry, 0, len(set))
	for _, w := range sortedWays(set) {
		out = append(out, entry{typ: w.typ, sub: w.sub})
	}
	return out
}

// languageEntries are the languages of f; an unlimited entry if it does not
// choose. Where no data is received there is nothing to choose: it is as the
// other does, or none.
func languageEntries(f, other facts) []entry {
	if len(f.languages) == 0 && (len(f.attributes) > 0 || len(other.languages) == 0) {
		return []entry{{}}
	}
	var out []entry
	for _, name := range sortedNames(f.languages) {
		out = append(out, entry{lang: name})
	}
	return out
}

func wayValue(e entry) string      { return value(e.typ, e.sub) }
func languageValue(e entry) string { return value("language", e.lang) }
func never(entry) bool             { return false }

// requirements finds what only own requires. Requiring any kind of a type is
// implied by requiring one of them, so other is what is left of it.
func (c *comparison) requirements(own, other map[way]lines, found func(own, other string, special bool)) {
	types := make(map[string]bool, len(other))
	for w := range other {
		types[w.typ] = true
	}
	for _, w := range sortedWays(own) {
		if _, same := other[w]; same || w.sub == "" && types[w.typ] {
			continue
		}
		left := ""
		if _, any := other[way{w.typ, ""}]; any {
			left = value(w.typ, "")
		}
		found(value(w.typ, w.sub), left, c.v.specialWay(w))
	}
}

// missing are the names of own that other does not have, in order.
func missing[V any](own, other map[string]V) []string {
	var out []string
	for _, name := range sortedNames(own) {
		if _, ok := other[name]; !ok {
			out = append(out, name)
		}
	}
	return out
}

// sets adds what one of two sets allows and the other does not.
func (c *comparison) sets(aspect, subject string, a, b []entry, text func(entry) string, special func(entry) bool) {
	notCovered(a, b, func(e entry, left []entry) {
		c.add(aspect, subject, text(e), joined(left, text), Narrows, special(e))
	})
	notCovered(b, a, func(e entry, left []entry) {
		c.add(aspect, subject, joined(left, text), text(e), Widens, special(e))
	})
}

func joined(all []entry, text func(entry) string) string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = text(e)
	}
	return strings.Join(out, valueEnd)
}

// notCovered finds the entries of own that nothing of other covers, each with
// those of other that it covers: what is left of it there.
func notCovered(own, other []entry, found func(e entry, left []entry)) {
	covered := coverageOf(other)
	var lost []entry
	for _, e := range own {
		if !covered.covers(e) {
			lost = append(lost, e)
		}
	}
	left := make(map[entry][]entry)
	if len(lost) > 0 {
		in := coverageOf(lost)
		for _, e := range other {
			for w := range e.wider(in.reach) {
				if _, ok := in.set[w]; ok {
					left[w] = append(left[w], e)
				}
			}
		}
	}
	for _, e := range lost {
		found(e, left[e])
	}
}

func (c *comparison) share() {
	a, b := c.a.share, c.b.share
	for _, name := range missing(c.a.items, c.b.items) {
		it := c.a.items[name]
		c.add(AspectAttribute, "", it.value(), "", Narrows, it.special(c.v))
	}
	for _, name := range missing(c.b.items, c.a.items) {
		it := c.b.items[name]
		c.add(AspectAttribute, "", "", it.value(), Widens, it.special(c.v))
	}
	for _, name := range sortedNames(c.a.items) {
		if it := c.b.items[name]; it != nil {
			c.item(c.a.items[name], it)
		}
	}
	c.replaced(AspectShareType, a.TypeOfShare.Name, b.TypeOfShare.Name)
	c.ranked(AspectEncryption, a.Encryption.Name, b.Encryption.Name, encryptionRank(a.Encryption.Name), encryptionRank(b.Encryption.Name))
	c.replaced(AspectHost, a.Domain.Name, b.Domain.Name)
	c.ranked(AspectProtocol, a.Protocol.Name, b.Protocol.Name, c.a.protocolRank(), c.b.protocolRank())
	c.ranked(AspectMinutes, count(a.ValidMinutes), count(b.ValidMinutes), a.ValidMinutes, b.ValidMinutes)
	c.ranked(AspectTimes, count(a.Transactions), count(b.Transactions), a.Transactions, b.Transactions)
	c.replaced(AspectOrigin, a.Source.Name, b.Source.Name)
}

func encryptionRank(name string) int { return slices.Index(encryptionNames, name) }

// protocolRank is higher for what protects less. A policy that names no
// protocol allows both.
func (f facts) protocolRank() int {
	switch {
	case f.share.Protocol.Name == "https":
		return 1
	case f.share.Protocol.Name == "" && f.nothing():
		return 0
	}
	return 2
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// value is an item with what limits it, for Values.
func (it *item) value() string {
	out := []string{it.name}
	if it.mixed {
		for _, e := range it.entries {
			out = append(out, "entry", e.value())
		}
		return strings.Join(out, valueEnd)
	}
	for _, s := range it.sources {
		if !it.asRecorded() {
			out = append(out, value("source", s.name))
			out = append(out, s.limits()...)
		}
	}
	for _, format := range it.formats {
		if format != "" {
			out = append(out, value("format", format))
		}
	}
	if it.plain {
		out = append(out, "plain")
	}
	return strings.Join(out, valueEnd)
}

// value is a source with the parts that are taken of it, for Values.
func (s source) value() string {
	return strings.Join(append([]string{s.name}, s.limits()...), valueEnd)
}

// limits are the parts that are taken of a source; nothing for all of it.
func (s source) limits() []string {
	if s.whole() {
		return nil
	}
	out := make([]string, 0, len(s.parts))
	for _, p := range s.parts {
		out = append(out, value("part", p.typ, p.sub, p.lang))
	}
	return out
}

// value is an entry with all that it says, for Values.
func (e entry) value() string {
	out := value("source", e.source)
	if e.part() != (entry{}) {
		out += valueEnd + value("part", e.typ, e.sub, e.lang)
	}
	if e.format != "" {
		out += valueEnd + value("format", e.format)
	}
	if e.plain {
		out += valueEnd + "plain"
	}
	return out
}
