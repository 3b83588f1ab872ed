package policydoc

import (
	"slices"
	"strings"
)

// Limits behind which sharing has no end that anybody would notice. Links of
// deployments live 30 to 60 minutes and open two or three times; a week and a
// hundred times leave room for every use of which we know.
const (
	LongestShareMinutes = 7 * 24 * 60
	MostTransactions    = 100
)

// shared is one entry of the shared attributes.
type shared struct {
	index                   int
	entry                   *node
	name, encrypted, format *node // name is plain, encrypted true or false; nil if not
	special, personal       bool
}

func (s shared) path(key string) []Step { return entryPath(keyShared, s.index, key) }

func (c *collector) lintShare(root *node) {
	list := root.get(keyShared)
	entries := make([]shared, 0, len(list.list()))
	for i, n := range list.list() {
		s := shared{index: i, entry: n, encrypted: n.get("encrypted")}
		s.format, _ = plain(n.get("format"))
		s.name, _ = plain(n.get("attributeName"))
		if !isFlag(s.encrypted) {
			s.encrypted = nil
		}
		entries = append(entries, c.sensitivity(s))
	}
	rules := root.get(keyRules)
	c.sharingRules(rules)
	c.clear(rules, entries)
	for _, s := range entries {
		c.sharedNames(s)
	}
	c.neighbours(root, keyShared, c.sharedTwice(list, entries))
}

// sensitivity says how much care the data of an entry needs: by its name and by
// what it is taken from.
func (c *collector) sensitivity(s shared) shared {
	v := c.around.Vocabulary
	see := func(t Term, known bool) {
		s.special = s.special || t.Sensitivity == Special
		s.personal = s.personal || known && t.Sensitivity != Ordinary
	}
	see(v.Term(Attributes, text(s.name)))
	for _, source := range s.entry.get("source").list() {
		see(v.Source(text(source.get("attribute"))))
		for _, f := range source.get("filter").list() {
			s.special = s.special || v.Special(FilterTypes, text(f.get("type"))) ||
				slices.ContainsFunc(f.get("subType").list(), func(sub *node) bool { return v.Special(FilterSubs, text(sub)) })
		}
	}
	return s
}

// sharingRules looks at how the data is handed over.
func (c *collector) sharingRules(rules *node) {
	at := func(key string) []Step { return []Step{{Key: keyRules}, {Key: key}} }
	c.name(rules.get("source"), sourceNames, func() []Step { return at("source") })
	if n := rules.get("protocol"); text(n) == "http" {
		c.add(docHTTP, n.start, n.end, at("protocol")).mend(rename(n.start, n.end, "https"))
	}
	if n, ok := plain(rules.get("validForInMinutes")); ok && isCount(n.text) && number(n) > LongestShareMinutes {
		c.add(docLongLife, n.start, n.end, at("validForInMinutes"), LongestShareMinutes)
	}
	n, ok := plain(rules.get("transactionsAllowed"))
	switch {
	case !ok || !isCount(n.text):
	case text(rules.get("typeOfShare")) == "direct" && n.text != "1":
		c.add(docDirectTimes, n.start, n.end, at("transactionsAllowed"), clip(n.text)).mend(rename(n.start, n.end, "1"))
	case number(n) > MostTransactions:
		c.add(docManyTimes, n.start, n.end, at("transactionsAllowed"), MostTransactions)
	}
}

// clear finds data that leaves without encryption: special data that is not
// encrypted by itself, and a whole that is not encrypted around data of persons
// that is not either.
func (c *collector) clear(rules *node, entries []shared) {
	var worst *shared
	for i, s := range entries {
		if s.encrypted == nil || s.name == nil {
			continue
		}
		open := !s.encrypted.flag
		if s.special && open {
			f := c.add(docSpecialClear, s.encrypted.start, s.encrypted.end, s.path("encrypted"), clip(s.name.text))
			f.mend(newFix("encrypt", nil, Edit{s.encrypted.start, s.encrypted.end, "true"}))
		}
		if (s.special || s.personal && open) && (worst == nil || s.special && !worst.special) {
			worst = &entries[i]
		}
	}
	if n := rules.get("encryptionType"); text(n) == "none" && worst != nil {
		rule := docNonePersonal
		if worst.special {
			rule = docNoneSpecial
		}
		f := c.add(rule, n.start, n.end, []Step{{Key: keyRules}, {Key: "encryptionType"}}, clip(worst.name.text), lineOf(worst.name.start))
		f.mend(newFix("encrypt", nil, Edit{n.start, n.end, quoted("Partner Based")}))
	}
}

// sharedNames looks at the names of an entry and of its sources and filters.
func (c *collector) sharedNames(s shared) {
	c.name(s.name, shareNames, func() []Step { return s.path("attributeName") })
	c.name(s.format, formatNames, func() []Step { return s.path("format") })
	sources := s.entry.get("source")
	for i, source := range sources.list() {
		path := func() []Step { return append(s.path("source"), Step{Index: i, Item: true}) }
		n := source.get("attribute")
		is := takenNames
		if strings.Contains(text(n), "/") {
			is = pathNames
		}
		c.name(n, is, func() []Step { return append(path(), Step{Key: "attribute"}) })
		c.filters(source.get("filter"), func() []Step { return append(path(), Step{Key: "filter"}) })
	}
	c.same(sources, func(source *node, i, first int) *found {
		path := append(s.path("source"), Step{Index: i, Item: true})
		return c.add(docTwiceSource, source.start, source.end, path, clip(text(source.get("attribute"))), lineOf(first))
	})
}

func (c *collector) filters(list *node, path func() []Step) {
	at := func(i int, key string) []Step { return append(path(), Step{Index: i, Item: true}, Step{Key: key}) }
	for i, f := range list.list() {
		c.name(f.get("type"), filterNames, func() []Step { return at(i, "type") })
		c.name(f.get("language"), languageNames, func() []Step { return at(i, "language") })
		for j, sub := range f.get("subType").list() {
			c.name(sub, filterSubNames, func() []Step { return append(at(i, "subType"), Step{Index: j, Item: true}) })
		}
		c.same(f.get("subType"), func(sub *node, j, first int) *found {
			return c.add(docTwiceSubType, sub.start, sub.end, append(at(i, "subType"), Step{Index: j, Item: true}), clip(sub.text), lineOf(first))
		})
	}
	c.same(list, func(f *node, i, first int) *found {
		return c.add(docTwiceFilter, f.start, f.end, append(path(), Step{Index: i, Item: true}), lineOf(first))
	})
}

// same calls found for every item of a list that says what an earlier one says,
// with the place of that one, and offers to remove it.
func (c *collector) same(list *node, found func(n *node, i, first int) *found) {
	if len(list.list()) < 2 {
		return
	}
	seen := make(map[string]int, len(list.items))
	for i, n := range list.items {
		var b strings.Builder
		if !n.writeTo(&b) {
			continue
		}
		if first, twice := seen[b.String()]; twice {
			found(n, i, first).mend(removeItem(list, i))
			continue
		}
		seen[b.String()] = n.start
	}
}

// writeTo writes what a value says, the same for the same said in another order
// of keys. It is false for a value that is not as it should be.
func (n *node) writeTo(b *strings.Builder) bool {
	if n.bad {
		return false
	}
	switch n.kind {
	case textNode:
		b.WriteString(quoted(n.text))
	case listNode:
		b.WriteByte('[')
		for _, item := range n.items {
			if !item.writeTo(b) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case objectNode:
		sorted := slices.Clone(n.members)
		slices.SortStableFunc(sorted, func(a, b member) int { return strings.Compare(a.key, b.key) })
		b.WriteByte('{')
		for _, m := range sorted {
			b.WriteString(quoted(m.key) + ":")
			if m.twice || !m.value.writeTo(b) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case nullNode, flagNode, numberNode:
		return false // nothing that stands in a list of a good document
	}
	return true
}

// sharedTwice looks at attributes that are shared more than once, and returns
// how many different ones there are.
func (c *collector) sharedTwice(list *node, entries []shared) int {
	seen := make(map[string]shared, len(entries))
	for _, s := range entries {
		if s.name == nil {
			continue
		}
		first, twice := seen[s.name.text]
		if !twice {
			seen[s.name.text] = s
			continue
		}
		c.twiceShared(list, first, s)
	}
	return len(seen)
}

func (c *collector) twiceShared(list *node, first, s shared) {
	name := clip(s.name.text)
	switch {
	case first.encrypted != nil && s.encrypted != nil && first.encrypted.flag != s.encrypted.flag:
		open := s
		if s.encrypted.flag {
			open = first
		}
		f := c.add(docEncryptedTwice, s.encrypted.start, s.encrypted.end, s.path("encrypted"), name, lineOf(first.name.start))
		f.mend(newFix("encrypt", nil, Edit{open.encrypted.start, open.encrypted.end, "true"}))
	case text(first.format) != text(s.format):
		c.add(docFormatTwice, s.name.start, s.name.end, s.path("attributeName"), name, lineOf(first.name.start))
	default:
		f := c.add(docTwiceAttribute, s.name.start, s.name.end, s.path("attributeName"), name, lineOf(first.name.start))
		f.mend(removeItem(list, s.index))
	}
}
