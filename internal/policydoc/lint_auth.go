package policydoc

import (
	"slices"
	"strings"
)

// loginWays are what eSignet needs to sign a person in (domain.md §8.1).
var loginWays = []string{wayKycAuth, wayExchange, wayOTPSend}

// loginSigns tell a policy for signing in at online services: its own two ways,
// and the wallet and the key that only the login service asks for.
var loginSigns = []string{wayKycAuth, wayExchange, "wla", "kbt"}

// wayEntry is one entry of the allowed ways of authenticating.
type wayEntry struct {
	index                        int
	entry                        *node
	authType, subType, mandatory *node // authType is plain; the others may be nil
}

func (w wayEntry) kind() string { return text(w.subType) }

// name is what a message calls the way.
func (w wayEntry) name() string {
	if w.kind() == "" {
		return clip(w.authType.text)
	}
	return clip(w.authType.text) + " – " + clip(w.kind())
}

func (w wayEntry) path(key string) []Step { return entryPath(keyWays, w.index, key) }

func (c *collector) lintAuth(root *node) {
	var ways []wayEntry
	for i, entry := range root.get(keyWays).list() {
		if authType, ok := plain(entry.get("authType")); ok {
			w := wayEntry{index: i, entry: entry, authType: authType, mandatory: entry.get("mandatory")}
			w.subType, _ = plain(entry.get("authSubType"))
			ways = append(ways, w)
		}
	}
	c.wayNames(ways)
	c.waysTwice(root.get(keyWays), ways)
	c.anyBio(root.get(keyWays), ways)
	c.login(root, ways)
	attributes := c.kycAttributes(root)
	c.kycUse(root, ways, attributes)
	c.kycRisks(root, attributes)
	c.languages(root, "kycLanguages")
	c.neighbours(root, keyAttributes, len(attributes))
}

func (c *collector) wayNames(ways []wayEntry) {
	for _, w := range ways {
		c.name(w.authType, authTypeNames, func() []Step { return w.path("authType") })
		if w.kind() == "" {
			continue
		}
		if w.authType.text == wayBio {
			c.name(w.subType, subTypeNames, func() []Step { return w.path("authSubType") })
			continue
		}
		if _, known := c.around.Vocabulary.Term(AuthTypes, w.authType.text); known || c.around.Vocabulary == nil {
			f := c.add(docSubTypeAlone, w.subType.start, w.subType.end, w.path("authSubType"), clip(w.authType.text), clip(w.kind()))
			f.mend(removeMember(w.entry, keyAt(w.entry, "authSubType")))
		}
	}
}

// waysTwice finds the ways that are there already, and those that are required
// in one entry and not in the other.
func (c *collector) waysTwice(list *node, ways []wayEntry) {
	seen := make(map[string]wayEntry, len(ways))
	for _, w := range ways {
		key := w.authType.text + "\x00" + w.kind()
		first, twice := seen[key]
		switch {
		case !twice:
			seen[key] = w
		case isFlag(first.mandatory) && isFlag(w.mandatory) && first.mandatory.flag != w.mandatory.flag:
			c.add(docMandatoryTwice, w.authType.start, w.authType.end, w.path("authType"), w.name(), lineOf(first.authType.start))
		default:
			f := c.add(docTwiceAuthType, w.authType.start, w.authType.end, w.path("authType"), w.name(), lineOf(first.authType.start))
			f.mend(removeItem(list, w.index))
		}
	}
}

// isFlag reports that n is true or false.
func isFlag(n *node) bool { return n != nil && n.kind == flagNode }

// anyBio finds biometrics of any kind beside named kinds: the names then narrow
// nothing.
func (c *collector) anyBio(list *node, ways []wayEntry) {
	named := slices.IndexFunc(ways, func(w wayEntry) bool { return w.authType.text == wayBio && w.kind() != "" })
	if named < 0 {
		return
	}
	for _, w := range ways {
		if w.authType.text == wayBio && w.kind() == "" {
			f := c.add(docBioAny, w.authType.start, w.authType.end, w.path("authType"), clip(ways[named].kind()), lineOf(ways[named].authType.start))
			f.mend(removeItem(list, w.index))
		}
	}
}

func has(ways []wayEntry, name string) (wayEntry, bool) {
	i := slices.IndexFunc(ways, func(w wayEntry) bool { return w.authType.text == name })
	if i < 0 {
		return wayEntry{}, false
	}
	return ways[i], true
}

// login looks at a policy for signing in at online services: all that eSignet
// needs must be allowed, and nothing may be required, or its clients are refused
// (domain.md §8.1).
func (c *collector) login(root *node, ways []wayEntry) {
	if !slices.ContainsFunc(ways, func(w wayEntry) bool { return slices.Contains(loginSigns, w.authType.text) }) {
		c.requiredElsewhere(ways)
		return
	}
	var missing []string
	for _, name := range loginWays {
		if _, ok := has(ways, name); !ok {
			missing = append(missing, name)
		}
	}
	if m, ok := root.member(keyWays); ok && len(missing) > 0 {
		f := c.add(docLoginIncomplete, m.start, m.end, []Step{{Key: keyWays}}, strings.Join(missing, ", "))
		f.mend(c.addWays(m.value, ways[len(ways)-1], missing))
	}
	for _, w := range ways {
		if isFlag(w.mandatory) && w.mandatory.flag {
			f := c.add(docMandatoryLogin, w.mandatory.start, w.mandatory.end, w.path("mandatory"), w.name())
			f.mend(newFix("optional", nil, Edit{w.mandatory.start, w.mandatory.end, "false"}))
		}
	}
}

// requiredElsewhere tells once that online services cannot use a policy that
// requires something. It may be meant: not every policy is for them, and making
// the way optional would allow more, so there is no fix.
func (c *collector) requiredElsewhere(ways []wayEntry) {
	for _, w := range ways {
		if isFlag(w.mandatory) && w.mandatory.flag {
			c.add(docMandatoryElsewhere, w.mandatory.start, w.mandatory.end, w.path("mandatory"), w.name())
			return
		}
	}
}

// addWays writes entries behind the last of the list, in the style of the entry
// of a sibling.
func (c *collector) addWays(list *node, sibling wayEntry, missing []string) *Fix {
	n := len(list.items)
	from := list.start + 1
	if n > 1 {
		from = list.items[n-2].end
	}
	between := c.space(from, list.items[n-1].start)
	var b strings.Builder
	for _, name := range missing {
		b.WriteString("," + between + c.entryLike(sibling.entry, name))
	}
	return newFix("add_ways", []string{strings.Join(missing, ", ")}, Edit{list.items[n-1].end, list.items[n-1].end, b.String()})
}

// entryLike is an entry with another way, its keys and spaces those of a
// sibling.
func (c *collector) entryLike(sibling *node, name string) string {
	var b strings.Builder
	at := sibling.start
	for _, m := range sibling.members {
		value := ""
		switch m.key {
		case "authType":
			value = quoted(name)
		case "authSubType":
			value = `""`
		case "mandatory":
			value = "false"
		}
		if value == "" || m.twice {
			return `{"authType": ` + quoted(name) + `, "mandatory": false}`
		}
		b.Write(c.doc[at:m.value.start])
		b.WriteString(value)
		at = m.value.end
	}
	if sibling.get("mandatory") == nil {
		return `{"authType": ` + quoted(name) + `, "mandatory": false}`
	}
	b.Write(c.doc[at:sibling.end])
	return b.String()
}

// kycAttributes looks at the names of the attributes, and returns each once.
func (c *collector) kycAttributes(root *node) []*node {
	list := root.get(keyAttributes)
	var out []*node
	seen := make(map[string]int)
	for i, entry := range list.list() {
		name, ok := plain(entry.get("attributeName"))
		if !ok {
			continue
		}
		path := func() []Step { return entryPath(keyAttributes, i, "attributeName") }
		c.name(name, attributeNames, path)
		if first, twice := seen[name.text]; twice {
			c.add(docTwiceAttribute, name.start, name.end, path(), clip(name.text), lineOf(first)).mend(removeItem(list, i))
			continue
		}
		seen[name.text] = name.start
		out = append(out, name)
	}
	return out
}

// kycUse holds the attributes against the ways that return them: one without
// the other has no effect. A way that nobody knows may return data.
func (c *collector) kycUse(root *node, ways []wayEntry, attributes []*node) {
	list, ok := root.member(keyAttributes)
	if !ok || list.value.kind != listNode {
		return
	}
	path := []Step{{Key: keyAttributes}}
	if len(list.value.items) == 0 {
		for _, name := range []string{wayKyc, wayExchange} {
			if w, ok := has(ways, name); ok {
				c.add(docKycEmpty, list.value.start, list.value.end, path, name, lineOf(w.authType.start))
				return
			}
		}
		return
	}
	if len(ways) == 0 || len(attributes) == 0 {
		return
	}
	for _, w := range ways {
		_, known := c.around.Vocabulary.Term(AuthTypes, w.authType.text)
		// kycauth is for a sign-in that returns data: of one without, another rule speaks.
		returns := ReturnsData(w.authType.text) || w.authType.text == wayKycAuth
		if returns || !known && c.around.Vocabulary != nil {
			return
		}
	}
	c.add(docKycUnused, list.start, list.end, path)
}

// kycRisks looks for data that together say more than each alone.
func (c *collector) kycRisks(root *node, attributes []*node) {
	first := func(is func(string) bool) *node {
		i := slices.IndexFunc(attributes, func(n *node) bool { return is(n.text) })
		if i < 0 {
			return nil
		}
		return attributes[i]
	}
	special := first(func(name string) bool { return c.around.Vocabulary.Special(Attributes, name) })
	if special == nil {
		return
	}
	name := clip(special.text)
	address := first(func(name string) bool { return strings.HasPrefix(strings.ToLower(name), "address") })
	if address != nil {
		c.add(docFaceAndAddress, special.start, special.end, c.pathOf(root, special), name, clip(address.text), lineOf(address.start))
	}
	if token, ok := plain(root.get("authTokenType")); ok && token.text == "policy" {
		f := c.add(docTokenSpecial, token.start, token.end, []Step{{Key: "authTokenType"}}, name, lineOf(special.start))
		f.mend(rename(token.start, token.end, "partner"))
	}
}

// pathOf is the path to the name of an attribute.
func (c *collector) pathOf(root, name *node) []Step {
	i := slices.IndexFunc(root.get(keyAttributes).list(), func(entry *node) bool { return entry.get("attributeName") == name })
	return entryPath(keyAttributes, i, "attributeName")
}
