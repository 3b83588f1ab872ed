package policydoc

import "slices"

// item adds the changes of an attribute that both documents share. Where its
// entries differ among themselves it matters what belongs together, so whole
// entries are compared: nothing that widens hides behind what stays the same.
func (c *comparison) item(a, b *item) {
	special := a.special(c.v) || b.special(c.v)
	whole := func(entry) bool { return special }
	if a.mixed || b.mixed {
		c.sets(AspectEntry, a.name, a.entries, b.entries, entry.value, whole)
	} else {
		c.sources(a, b)
		c.sets(AspectFormat, a.name, formatEntries(a), formatEntries(b), formatValue, whole)
		switch {
		case a.plain && !b.plain:
			c.add(AspectPlain, a.name, "plain", "", Narrows, special)
		case b.plain && !a.plain:
			c.add(AspectPlain, a.name, "", "plain", Widens, special)
		}
	}
	for _, g := range onlyOwn(a.groups, b.groups) {
		c.add(AspectGroup, a.name, g, "", Neutral, special)
	}
	for _, g := range onlyOwn(b.groups, a.groups) {
		c.add(AspectGroup, a.name, "", g, Neutral, special)
	}
}

// onlyOwn is own, in order, without what other has; both are sorted.
func onlyOwn(own, other []string) []string {
	var out []string
	for _, name := range own {
		if _, ok := slices.BinarySearch(other, name); !ok {
			out = append(out, name)
		}
	}
	return out
}

// sources adds the sources that only one of them has, and what is taken of those
// that both have.
func (c *comparison) sources(a, b *item) {
	in := make(map[string]*source, len(a.sources))
	for i := range a.sources {
		in[a.sources[i].name] = &a.sources[i]
	}
	special := func(s source) bool { return (&item{name: a.name, sources: []source{s}}).special(c.v) }
	for _, s := range b.sources {
		old := in[s.name]
		if old == nil {
			c.add(AspectSource, a.name, "", s.value(), Widens, special(s))
			continue
		}
		delete(in, s.name)
		both := special(*old) || special(s)
		c.sets(AspectPart, value(a.name, s.name), old.parts, s.parts, partValue, func(entry) bool { return both })
	}
	for _, name := range sortedNames(in) {
		c.add(AspectSource, a.name, in[name].value(), "", Narrows, special(*in[name]))
	}
}

func formatEntries(it *item) []entry {
	out := make([]entry, 0, len(it.formats))
	for _, format := range it.formats {
		out = append(out, entry{format: format})
	}
	return out
}

func formatValue(e entry) string { return value("format", e.format) }
func partValue(e entry) string   { return value(e.typ, e.sub, e.lang) }
