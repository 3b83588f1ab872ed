package policydoc

import (
	"iter"
	"slices"
	"strings"
)

// item is a shared attribute: all entries of one name.
type item struct {
	name    string
	lines   lines
	groups  []string // the sets it belongs to, in order, "" left out
	entries []entry  // in order, none covered by another
	sources []source // in order
	formats []string // in order; one "" if it is shared as recorded
	plain   bool     // some of it is not encrypted by itself
	// mixed: the entries differ in format or encryption, so that it matters
	// which belongs to which source.
	mixed bool
}

// source is where an item is taken from, with the parts taken, in order, none
// covered by another; one empty part is all of it.
type source struct {
	name  string
	parts []entry
	lines lines
}

// entry is the smallest thing that is shared: one part of one source in one
// format. An empty field does not limit: entry{source: "photo", plain: true} is
// the whole photo as recorded, readable.
type entry struct {
	source, typ, sub, lang, format string
	plain                          bool
}

// reach says which wider entries a set can have at all. Most have few, and what
// a set cannot have is not looked for.
type reach struct{ whole, anySub, anyLang, asRecorded, plain bool }

func reachOf(all []entry) reach {
	var r reach
	for _, e := range all {
		r.whole = r.whole || e.typ == ""
		r.anySub = r.anySub || e.sub == ""
		r.anyLang = r.anyLang || e.lang == ""
		r.asRecorded = r.asRecorded || e.format == ""
		r.plain = r.plain || e.plain
	}
	return r
}

// wider yields e and everything within reach that would cover it, at most 24
// entries.
func (e entry) wider(r reach) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for part := range 3 {
			if part == 1 && (e.sub == "" || !r.anySub) || part == 2 && (e.typ == "" || !r.whole) {
				continue // the same again, or out of reach
			}
			for i := range 8 {
				lang, format, plain := i&1 != 0, i&2 != 0, i&4 != 0
				if lang && (e.lang == "" || !r.anyLang) || format && (e.format == "" || !r.asRecorded) || plain && (e.plain || !r.plain) {
					continue
				}
				if !yield(e.widened(part, lang, format, plain)) {
					return
				}
			}
		}
	}
}

// widened is e for any sub-type (part 1) or as a whole (part 2), in any
// language, as recorded, readable.
func (e entry) widened(part int, lang, format, plain bool) entry {
	if part > 0 {
		e.sub = ""
	}
	if part > 1 {
		e.typ = ""
	}
	if lang {
		e.lang = ""
	}
	if format {
		e.format = ""
	}
	e.plain = e.plain || plain
	return e
}

// compareEntries is called often enough by long lists to be worth its length.
func compareEntries(e, o *entry) int {
	switch {
	case e.source != o.source:
		return strings.Compare(e.source, o.source)
	case e.typ != o.typ:
		return strings.Compare(e.typ, o.typ)
	case e.sub != o.sub:
		return strings.Compare(e.sub, o.sub)
	case e.lang != o.lang:
		return strings.Compare(e.lang, o.lang)
	case e.format != o.format:
		return strings.Compare(e.format, o.format)
	case e.plain == o.plain:
		return 0
	case o.plain:
		return -1
	}
	return 1
}

// inOrder puts entries in order, each once. It sorts their places: moving whole
// entries about takes longer.
func inOrder(all []entry) []entry {
	places := make([]int, len(all))
	ordered := true
	for i := range all {
		places[i] = i
		ordered = ordered && (i == 0 || compareEntries(&all[i-1], &all[i]) < 0)
	}
	if ordered {
		return all
	}
	slices.SortFunc(places, func(i, j int) int { return compareEntries(&all[i], &all[j]) })
	out := make([]entry, 0, len(all))
	for _, i := range places {
		if n := len(out); n == 0 || out[n-1] != all[i] {
			out = append(out, all[i])
		}
	}
	return out
}

// part is e without what its source does not decide.
func (e entry) part() entry { return entry{typ: e.typ, sub: e.sub, lang: e.lang} }

// coverage is a set of entries to ask what it covers.
type coverage struct {
	set   map[entry]struct{}
	reach reach
}

func coverageOf(all []entry) coverage {
	c := coverage{make(map[entry]struct{}, len(all)), reachOf(all)}
	for _, e := range all {
		c.set[e] = struct{}{}
	}
	return c
}

// covers reports whether something of the set covers e.
func (c coverage) covers(e entry) bool {
	for w := range e.wider(c.reach) {
		if _, ok := c.set[w]; ok {
			return true
		}
	}
	return false
}

// coversOtherwise reports whether something of the set but e covers e.
func (c coverage) coversOtherwise(e entry) bool {
	for w := range e.wider(c.reach) {
		if _, ok := c.set[w]; ok && w != e {
			return true
		}
	}
	return false
}

// widest are the entries that no other covers, in order, each once. It takes
// the slice over.
func widest(all []entry) []entry {
	if len(all) < 2 {
		return all
	}
	all = inOrder(all)
	if !mayCover(all) {
		return all
	}
	return slices.DeleteFunc(all, coverageOf(all).coversOtherwise)
}

// mayCover is false if no two of the entries can cover each other, as they all
// limit the same things. It spares the usual list the looking up.
func mayCover(all []entry) bool {
	first := all[0]
	for _, e := range all[1:] {
		if (e.typ == "") != (first.typ == "") || (e.sub == "") != (first.sub == "") || (e.lang == "") != (first.lang == "") ||
			(e.format == "") != (first.format == "") || e.plain != first.plain {
			return true
		}
	}
	return false
}

func (f *facts) foldShare(all []SharedAttribute) {
	f.items = make(map[string]*item, len(all))
	room := make([]item, 0, len(all))
	for i := range all {
		a := &all[i]
		it := f.items[a.Name]
		if it == nil {
			room = append(room, item{name: a.Name})
			it = &room[len(room)-1]
			f.items[a.Name] = it
		}
		it.lines = append(it.lines, a.Line)
		if a.Group != "" {
			it.groups = append(it.groups, a.Group)
		}
		for _, s := range a.Sources {
			it.entries = appendSource(it.entries, s, a.Format, !a.Encrypted)
			it.sources = append(it.sources, source{name: s.Attribute, lines: lines{s.Line}})
		}
	}
	for _, it := range f.items {
		it.fold()
	}
}

func appendSource(out []entry, s Source, format string, plain bool) []entry {
	e := entry{source: s.Attribute, format: format, plain: plain}
	if len(s.Filters) == 0 {
		return append(out, e)
	}
	out = slices.Grow(out, len(s.Filters))
	for _, f := range s.Filters {
		e.typ, e.sub, e.lang = f.Type, "", f.Language
		if len(f.SubTypes) == 0 || f.Type == "" {
			out = append(out, e)
			continue
		}
		out = slices.Grow(out, len(f.SubTypes))
		for _, sub := range f.SubTypes {
			e.sub = sub
			out = append(out, e)
		}
	}
	return out
}

// fold leaves what no entry says twice, and gathers it by source and format.
func (it *item) fold() {
	slices.Sort(it.groups)
	it.groups = slices.Compact(it.groups)
	it.entries = widest(it.entries)
	var where map[string]lines
	if len(it.sources) > 1 {
		where = make(map[string]lines, len(it.sources))
		for _, s := range it.sources {
			where[s.name] = append(where[s.name], s.lines...)
		}
	} else if len(it.entries) == 1 {
		it.sources[0].parts = []entry{it.entries[0].part()}
		it.plain, it.formats = it.entries[0].plain, []string{it.entries[0].format}
		return
	}
	given := it.sources
	it.sources = nil
	for start := 0; start < len(it.entries); {
		name := it.entries[start].source
		end := start
		for end < len(it.entries) && it.entries[end].source == name {
			end++
		}
		parts := make([]entry, 0, end-start)
		for _, e := range it.entries[start:end] {
			parts = append(parts, e.part())
			it.plain = it.plain || e.plain
			it.mixed = it.mixed || e.format != it.entries[0].format || e.plain != it.entries[0].plain
		}
		at := where[name]
		if where == nil {
			at = given[0].lines
		}
		it.sources = append(it.sources, source{name: name, parts: widest(parts), lines: at})
		start = end
	}
	it.foldFormats()
}

func (it *item) foldFormats() {
	var formats []entry
	for i, e := range it.entries {
		if i == 0 || it.mixed {
			formats = append(formats, entry{format: e.format})
		}
	}
	for _, e := range widest(formats) {
		it.formats = append(it.formats, e.format)
	}
}

// asRecorded reports that the item is the whole of what is recorded under its
// own name: there is nothing to say of its source.
func (it *item) asRecorded() bool {
	return len(it.sources) == 1 && it.sources[0].name == it.name && it.sources[0].whole()
}

func (s source) whole() bool { return len(s.parts) == 1 && s.parts[0] == entry{} }

// special reports whether an item is, or is taken from, data that needs the
// most care.
func (it *item) special(v *Vocabulary) bool {
	if v.Special(Attributes, it.name) {
		return true
	}
	for _, s := range it.sources {
		if v.SpecialSource(s.name) || slices.ContainsFunc(s.parts, func(p entry) bool { return v.Special(FilterTypes, p.typ) || v.Special(FilterSubs, p.sub) }) {
			return true
		}
	}
	return false
}
