package policydoc

import (
	"cmp"
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

// wider yields e and everything that would cover it, at most 24 of them.
func (e entry) wider(yield func(entry) bool) {
	parts := [][2]string{{e.typ, e.sub}, {e.typ, ""}, {"", ""}}
	if e.sub == "" {
		parts = parts[1:]
	}
	if e.typ == "" {
		parts = parts[:1]
	}
	for _, part := range parts {
		for i := range 8 {
			lang, format, plain := i&1 != 0, i&2 != 0, i&4 != 0
			if lang && e.lang == "" || format && e.format == "" || plain && e.plain {
				continue // the same again
			}
			w := entry{e.source, part[0], part[1], e.lang, e.format, e.plain || plain}
			if lang {
				w.lang = ""
			}
			if format {
				w.format = ""
			}
			if !yield(w) {
				return
			}
		}
	}
}

func (e entry) compare(o entry) int {
	plain := 0
	if e.plain != o.plain {
		plain = 1
		if o.plain {
			plain = -1
		}
	}
	return cmp.Or(strings.Compare(e.source, o.source), strings.Compare(e.typ, o.typ), strings.Compare(e.sub, o.sub),
		strings.Compare(e.lang, o.lang), strings.Compare(e.format, o.format), plain)
}

// part is e without what its source does not decide.
func (e entry) part() entry { return entry{typ: e.typ, sub: e.sub, lang: e.lang} }

// coveredBy reports whether something of the set covers e.
func (e entry) coveredBy(set map[entry]struct{}) bool {
	for w := range e.wider {
		if _, ok := set[w]; ok {
			return true
		}
	}
	return false
}

func setOf(all []entry) map[entry]struct{} {
	set := make(map[entry]struct{}, len(all))
	for _, e := range all {
		set[e] = struct{}{}
	}
	return set
}

// widest are the entries that no other covers, in order, each once.
func widest(all []entry) []entry {
	if len(all) < 2 {
		return all
	}
	set := setOf(all)
	out := make([]entry, 0, len(set))
	for e := range set {
		covered := false
		for w := range e.wider {
			if _, ok := set[w]; ok && w != e {
				covered = true
				break
			}
		}
		if !covered {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, entry.compare)
	return out
}

func (f *facts) foldShare(all []SharedAttribute) {
	f.items = make(map[string]*item, len(all))
	for _, a := range all {
		it := f.items[a.Name]
		if it == nil {
			it = &item{name: a.Name}
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
	for _, f := range s.Filters {
		e.typ, e.sub, e.lang = f.Type, "", f.Language
		if len(f.SubTypes) == 0 || f.Type == "" {
			out = append(out, e)
			continue
		}
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
	where := make(map[string]lines, len(it.sources))
	for _, s := range it.sources {
		where[s.name] = append(where[s.name], s.lines...)
	}
	it.sources = it.sources[:0]
	var formats []entry
	for _, e := range it.entries {
		if n := len(it.sources); n == 0 || it.sources[n-1].name != e.source {
			it.sources = append(it.sources, source{name: e.source, lines: where[e.source]})
		}
		s := &it.sources[len(it.sources)-1]
		s.parts = append(s.parts, e.part())
		formats = append(formats, entry{format: e.format})
		it.plain = it.plain || e.plain
		it.mixed = it.mixed || e.format != it.entries[0].format || e.plain != it.entries[0].plain
	}
	if !it.mixed {
		formats = formats[:min(1, len(formats))]
	}
	for _, e := range widest(formats) {
		it.formats = append(it.formats, e.format)
	}
	for i := range it.sources {
		it.sources[i].parts = widest(it.sources[i].parts)
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
		if v.Special(Attributes, s.name) || slices.ContainsFunc(s.parts, func(p entry) bool { return v.Special(FilterTypes, p.typ) }) {
			return true
		}
	}
	return false
}
