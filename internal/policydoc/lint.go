package policydoc

import "strings"

// lint looks for what the schema allows but hardly anybody means, and for what
// puts people's data at risk. It passes over whatever is not of the right form:
// the schema speaks about that.
func (c *collector) lint(root *node) {
	if root.kind != objectNode {
		return
	}
	switch c.kind {
	case KindAuth:
		c.lintAuth(root)
	case KindDataShare:
		c.lintShare(root)
	}
}

// plain is n as a text that nobody had anything to say about, nil if it is none.
func plain(n *node) (*node, bool) {
	if n == nil || n.kind != textNode || n.bad || n.text == "" {
		return nil, false
	}
	return n, true
}

// entryPath is the path to a key of an entry; "" is the entry itself.
func entryPath(list string, i int, key string) []Step {
	path := []Step{{Key: list}, {Index: i, Item: true}}
	if key != "" {
		path = append(path, Step{Key: key})
	}
	return path
}

// names are the rules for one kind of names.
type names struct {
	family        Family
	near, unknown ruleID
	source        bool // they may be paths; see Vocabulary.Source
}

var (
	authTypeNames  = names{AuthTypes, docAuthTypeNear, docAuthType, false}
	subTypeNames   = names{SubTypes, docSubTypeNear, docSubType, false}
	attributeNames = names{Attributes, docAttributeNear, docAttribute, false}
	shareNames     = names{Attributes, docShareNameNear, docShareName, false}
	takenNames     = names{Attributes, docAttributeNear, docAttribute, true}
	pathNames      = names{Attributes, docPathNear, docPath, true}
	sourceNames    = names{Sources, docSourceNear, docSource, false}
	formatNames    = names{Formats, docFormatNear, docFormat, false}
	filterNames    = names{FilterTypes, docFilterNear, docFilter, false}
	filterSubNames = names{FilterSubs, docFilterSubNear, docFilterSub, false}
	languageNames  = names{Languages, docLanguageNear, docLanguage, false}
)

// find is the term that a text names.
func (is names) find(v *Vocabulary, text string) (Term, bool) {
	if is.source {
		return v.Source(text)
	}
	return v.Term(is.family, text)
}

// name holds a text against the vocabulary. It says nothing of a family that the
// vocabulary does not have.
func (c *collector) name(n *node, is names, path func() []Step) {
	if _, ok := plain(n); !ok {
		return
	}
	v := c.around.Vocabulary
	if len(v.Names(is.family)) == 0 {
		return
	}
	if term, known := is.find(v, n.text); known {
		if term.Deprecated != nil {
			c.add(docDeprecated, n.start, n.end, path(), clip(term.Name), term.Deprecated.Format("2006-01-02"))
		}
		return
	}
	c.unknownName(n, is, path)
}

// unknownName speaks about a name that the vocabulary does not have.
func (c *collector) unknownName(n *node, is names, path func() []Step) {
	known, name := c.around.Vocabulary.Names(is.family), n.text
	if is.source {
		name = lastPart(name)
	}
	if meant, ok := c.guess(name, known); ok {
		to := n.text[:len(n.text)-len(name)] + meant
		f := c.add(is.near, n.start, n.end, path(), clip(name), meant)
		f.mend(replacement(n.start, n.end, quoted(to), meant))
		return
	}
	values := []any{clip(name)}
	if is.unknown == docAuthType || is.unknown == docSubType {
		values = append(values, strings.Join(known, ", "))
	}
	c.add(is.unknown, n.start, n.end, path(), values...)
}

// languages looks at a list of languages.
func (c *collector) languages(root *node, key string) {
	list := root.get(key)
	seen := make(map[string]int)
	for i, n := range list.list() {
		path := func() []Step { return []Step{{Key: key}, {Index: i, Item: true}} }
		c.name(n, languageNames, path)
		if _, ok := plain(n); !ok {
			continue
		}
		if first, twice := seen[n.text]; twice {
			c.add(docTwiceLanguage, n.start, n.end, path(), clip(n.text), lineOf(first)).mend(removeItem(list, i))
			continue
		}
		seen[n.text] = n.start
	}
}

// neighbours compares the number of attributes with that of the group's other
// policies. Less than two of them are no custom.
func (c *collector) neighbours(root *node, list string, count int) {
	around := c.around.Neighbours
	if m, ok := root.member(list); ok && around.Policies >= 2 && count > around.MostAttributes {
		c.add(docMoreAttributes, m.start, m.end, []Step{{Key: list}}, count, around.MostAttributes)
	}
}
