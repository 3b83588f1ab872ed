package policydoc

import "strings"

// lint looks for what the schema allows but hardly anybody means. It passes
// over whatever is not of the right form: the schema speaks about that.
func (c *collector) lint(root *node) {
	if root.kind != objectNode {
		return
	}
	switch c.kind {
	case KindAuth:
		c.lintAuthTypes(root)
		c.lintNames(root, "allowedKycAttributes")
		c.lintLanguages(root)
	case KindDataShare:
		c.lintNames(root, "shareableAttributes")
	}
}

func (c *collector) lintAuthTypes(root *node) {
	const list = "allowedAuthTypes"
	seen := make(map[string]int)
	for i, entry := range root.get(list).list() {
		authType, ok := plain(entry.get("authType"))
		if !ok {
			continue
		}
		path := []Step{{Key: list}, {Index: i, Item: true}, {Key: "authType"}}
		c.lintWord(authType, path, c.around.Vocabulary.Names(AuthTypes), docAuthTypeNear, docAuthType)

		name, key := clip(authType.text), authType.text
		if subType, ok := plain(entry.get("authSubType")); ok && subType.text != "" {
			name += " – " + clip(subType.text)
			key += "\x00" + subType.text
			if authType.text == "bio" {
				subPath := []Step{path[0], path[1], {Key: "authSubType"}}
				c.lintWord(subType, subPath, c.around.Vocabulary.Names(SubTypes), docSubTypeNear, docSubType)
			}
		}
		c.once(seen, key, authType, path, docTwiceAuthType, name)
	}
}

// lintNames looks for attributes that are listed twice.
func (c *collector) lintNames(root *node, list string) {
	seen := make(map[string]int)
	for i, entry := range root.get(list).list() {
		if name, ok := plain(entry.get("attributeName")); ok {
			path := []Step{{Key: list}, {Index: i, Item: true}, {Key: "attributeName"}}
			c.once(seen, name.text, name, path, docTwiceAttribute, clip(name.text))
		}
	}
}

func (c *collector) lintLanguages(root *node) {
	const list = "kycLanguages"
	seen := make(map[string]int)
	for i, entry := range root.get(list).list() {
		if code, ok := plain(entry); ok {
			c.once(seen, code.text, code, []Step{{Key: list}, {Index: i, Item: true}}, docTwiceLanguage, clip(code.text))
		}
	}
}

// once reports the second and later occurrences of key.
func (c *collector) once(seen map[string]int, key string, n *node, path []Step, rule ruleID, name string) {
	if first, twice := seen[key]; twice {
		c.add(rule, n.start, n.end, path, name, lineOf(first))
		return
	}
	seen[key] = n.start
}

// lintWord reports a word that is none of the known ones.
func (c *collector) lintWord(n *node, path []Step, known []string, near, unknown ruleID) {
	if n.text == "" || len(known) == 0 {
		return // an error of the schema, nothing chosen, or nothing to hold it against
	}
	for _, k := range known {
		if n.text == k {
			return
		}
	}
	if meant, ok := c.guess(n.text, known); ok {
		c.add(near, n.start, n.end, path, clip(n.text), meant)
		return
	}
	c.add(unknown, n.start, n.end, path, clip(n.text), strings.Join(known, ", "))
}

// plain is n as a text that the walk had nothing to say about.
func plain(n *node) (*node, bool) {
	return n, n != nil && n.kind == textNode && !n.bad
}
