package policydoc

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// shape is a part of a schema, ready for a quick walk over the nodes. The schema
// library judges any schema, and builds maps and paths to do so; our two use few
// of its words. So a good document is let through by the walk, and the library
// is asked only about the single values that the walk does not accept: it
// explains them. Tests hold both against each other in both directions.
type shape struct {
	schema *jsonschema.Schema // the library's, of this part
	kind   nodeKind

	props    []prop // of an object, in the order of the alphabet
	required int    // how many of them there must be
	minProps int
	needs    map[string][]string // key → keys that it needs beside it

	items    *shape // of a list
	minItems int

	enum           []string // of a text; nil: any
	minLen, maxLen int      // in characters; maxLen 0: any
	match          func(string) bool
}

type prop struct {
	key      string
	shape    *shape
	required bool
}

// shapeOf translates a part of a schema. It panics on a word that it does not
// know: the schemas are part of the program, and tests compile both.
func shapeOf(s *jsonschema.Schema) *shape {
	if s.Ref != nil {
		return shapeOf(s.Ref)
	}
	out := &shape{schema: s, kind: kindOf(s), minProps: limit(s.MinProperties), minItems: limit(s.MinItems), needs: s.DependentRequired}
	out.minLen, out.maxLen = limit(s.MinLength), limit(s.MaxLength)
	for key, p := range s.Properties {
		must := slices.Contains(s.Required, key)
		out.props = append(out.props, prop{key, shapeOf(p), must})
		if must {
			out.required++
		}
	}
	slices.SortFunc(out.props, func(a, b prop) int { return strings.Compare(a.key, b.key) })
	if s.Items2020 != nil {
		out.items = shapeOf(s.Items2020)
	}
	if s.Enum != nil {
		out.enum = texts(s.Enum.Values)
	}
	if s.Pattern != nil {
		out.match = matcher(s.Pattern.String())
	}
	return out
}

func kindOf(s *jsonschema.Schema) nodeKind {
	if s.Types != nil {
		switch s.Types.String() {
		case "[object]":
			return objectNode
		case "[array]":
			return listNode
		case "[string]":
			return textNode
		case "[boolean]":
			return flagNode
		}
	}
	panic("policydoc: schema: no single type in " + s.Location)
}

func limit(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// The patterns of the schemas. Go's regular expressions take a microsecond for
// each name, and a long document has thousands.
const (
	namePattern     = `^(\S(.*\S)?)?$`
	countPattern    = `^[1-9][0-9]{0,8}$`
	languagePattern = `^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`
)

func matcher(pattern string) func(string) bool {
	switch pattern {
	case namePattern:
		return isName
	case countPattern:
		return isCount
	case languagePattern:
		return isLanguage
	}
	return regexp.MustCompile(pattern).MatchString
}

func isName(s string) bool {
	return s == "" || !spaceByte(s[0]) && !spaceByte(s[len(s)-1]) && strings.IndexByte(s, '\n') < 0
}

func spaceByte(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

func isCount(s string) bool {
	if s == "" || len(s) > 9 || s[0] == '0' {
		return false
	}
	n, rest := digits([]byte(s))
	return n > 0 && len(rest) == 0
}

func isLanguage(s string) bool {
	for first := true; ; first = false {
		part, rest, more := strings.Cut(s, "-")
		low, high := 2, 8
		if first {
			high = 3
		}
		if len(part) < low || len(part) > high {
			return false
		}
		for i := range len(part) {
			c := part[i]
			if small := c >= 'a' && c <= 'z'; !small && (first || c >= 0x80 || !wordByte(c) || c == '_' || c == '$') {
				return false
			}
		}
		if !more {
			return true
		}
		s = rest
	}
}

// prop finds a property by its key.
func (s *shape) prop(key string) *prop {
	for i := range s.props {
		if s.props[i].key == key {
			return &s.props[i]
		}
	}
	return nil
}

// holds reports that n itself follows the schema, whatever is inside it.
func (s *shape) holds(n *node) bool {
	if n.kind != s.kind {
		return false
	}
	switch n.kind {
	case textNode:
		return s.holdsText(n.text)
	case listNode:
		return len(n.items) >= s.minItems
	case objectNode:
		return s.holdsObject(n)
	case nullNode, flagNode, numberNode:
	}
	return true
}

func (s *shape) holdsText(text string) bool {
	if s.enum != nil && !slices.Contains(s.enum, text) {
		return false
	}
	if s.minLen > 0 || s.maxLen > 0 {
		n := utf8.RuneCountInString(text)
		if n < s.minLen || s.maxLen > 0 && n > s.maxLen {
			return false
		}
	}
	return s.match == nil || s.match(text)
}

func (s *shape) holdsObject(n *node) bool {
	there, required := 0, 0
	for i := range n.members {
		m := &n.members[i]
		if m.twice {
			continue
		}
		p := s.prop(m.key)
		if p == nil {
			return false
		}
		if there++; p.required {
			required++
		}
		for _, need := range s.needs[m.key] {
			if n.get(need) == nil {
				return false
			}
		}
	}
	return required == s.required && there >= s.minProps
}

// wrong is a value that does not follow its part of the schema.
type wrong struct {
	node   *node
	shape  *shape
	parent *node // the object or list that holds it; nil for the document
	at     int   // the place of the member or item in parent
	path   []Step
}

// walk calls found for every value that does not follow its part of the schema,
// in the order of the text, a container before what is in it.
type walk struct {
	path  []Step
	found func(wrong)
}

func (w *walk) value(n *node, s *shape, parent *node, at int) {
	if !s.holds(n) {
		w.found(wrong{n, s, parent, at, w.path})
		if n.kind != s.kind {
			return
		}
	}
	for i := range n.members {
		m := &n.members[i]
		if p := s.prop(m.key); p != nil && !m.twice {
			w.path = append(w.path, Step{Key: m.key})
			w.value(m.value, p.shape, n, i)
			w.path = w.path[:len(w.path)-1]
		}
	}
	for i, item := range n.items {
		w.path = append(w.path, Step{Index: i, Item: true})
		w.value(item, s.items, n, i)
		w.path = w.path[:len(w.path)-1]
	}
}

// shallow is n as the schema library wants it, without what is inside: enough
// for the rules that n itself has to follow.
func (n *node) shallow(s *shape) any {
	if n.kind == objectNode && s.kind == objectNode {
		out := make(map[string]any, len(n.members))
		for _, m := range n.members {
			out[m.key] = nil
		}
		return out
	}
	if n.kind == listNode {
		return make([]any, min(len(n.items), s.minItems))
	}
	if n.kind == objectNode {
		return map[string]any{}
	}
	return n.value()
}
