package policydoc

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema/auth.json schema/datashare.json
var schemaFiles embed.FS

// Schema is the JSON Schema (draft 2020-12) of a kind, as people may read it;
// nil for an unknown kind.
func Schema(k Kind) []byte {
	if !k.Valid() {
		return nil
	}
	raw, err := schemaFiles.ReadFile("schema/" + string(k) + ".json")
	if err != nil {
		panic("policydoc: " + err.Error()) // embedded
	}
	return raw
}

// compiled is a schema ready for use, with its parts by address: an error names
// the part that was broken.
type compiled struct {
	root  *jsonschema.Schema
	parts map[string]*jsonschema.Schema
}

var compiledSchemas = map[Kind]func() compiled{
	KindAuth:      sync.OnceValue(func() compiled { return compile(KindAuth) }),
	KindDataShare: sync.OnceValue(func() compiled { return compile(KindDataShare) }),
}

// compile panics on a faulty schema: it is part of the program, and tests
// compile both.
func compile(k Kind) compiled {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(k)))
	if err != nil {
		panic("policydoc: schema: " + err.Error())
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	url := "urn:policydoc:" + string(k)
	if err := c.AddResource(url, doc); err != nil {
		panic("policydoc: schema: " + err.Error())
	}
	out := compiled{root: c.MustCompile(url), parts: make(map[string]*jsonschema.Schema)}
	out.gather(out.root)
	return out
}

func (c compiled) gather(s *jsonschema.Schema) {
	if s == nil || c.parts[s.Location] != nil {
		return
	}
	c.parts[s.Location] = s
	c.gather(s.Ref)
	c.gather(s.Items2020)
	for _, p := range s.Properties {
		c.gather(p)
	}
}

// noLoader keeps a schema from reaching for files or the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("policydoc: the schema refers to %s", url)
}

// broken is one rule of the schema that the document does not follow.
type broken struct {
	*jsonschema.ValidationError
	node *node
	path []Step
}

// schema holds the document against the schema of its kind.
func (c *collector) schema(root *node) {
	load, ok := compiledSchemas[c.kind]
	if !ok {
		c.add(docKind, root.start, root.start+1, nil)
		return
	}
	s := load()
	if key, ok := ofOtherKind(c.kind, root); ok {
		c.add(docOtherKind, key.start, key.end, []Step{{Key: key.key}}, key.key)
		return
	}
	err := s.root.Validate(root.value())
	var invalid *jsonschema.ValidationError
	if err == nil || !errors.As(err, &invalid) {
		return
	}
	all := leaves(root, invalid, nil)
	slices.SortStableFunc(all, func(a, b broken) int {
		return cmp.Or(a.node.start-b.node.start, rank(a.ErrorKind)-rank(b.ErrorKind))
	})
	guessed := make(map[*node][]string) // object → missing keys that are there, misspelt
	for _, b := range all {
		if !b.node.bad {
			c.explain(s, b, guessed)
		}
	}
}

// ofOtherKind finds the key that shows that a document was pasted into the wrong
// form: it has keys of another kind and none of this one.
func ofOtherKind(k Kind, root *node) (member, bool) {
	known := compiledSchemas[k]().root.Properties
	for _, m := range root.members {
		if known[m.key] != nil {
			return member{}, false
		}
	}
	for _, other := range Kinds() {
		for _, m := range root.members {
			if compiledSchemas[other]().root.Properties[m.key] != nil {
				return m, true
			}
		}
	}
	return member{}, false
}

// rank puts the unknown keys of an object before the missing ones: one may be
// the other.
func rank(k jsonschema.ErrorKind) int {
	switch k.(type) {
	case *kind.AdditionalProperties:
		return 0
	case *kind.Required:
		return 1
	}
	return 2
}

// leaves collects the innermost errors: the others only lead to them.
func leaves(root *node, err *jsonschema.ValidationError, out []broken) []broken {
	for _, cause := range err.Causes {
		out = leaves(root, cause, out)
	}
	if len(err.Causes) == 0 {
		n, path := follow(root, err.InstanceLocation)
		out = append(out, broken{err, n, path})
	}
	return out
}

// follow finds the node that the schema library means.
func follow(n *node, location []string) (*node, []Step) {
	path := make([]Step, 0, len(location))
	for _, token := range location {
		if n.kind == listNode {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(n.items) {
				break
			}
			n, path = n.items[i], append(path, Step{Index: i, Item: true})
			continue
		}
		m, ok := n.member(token)
		if !ok {
			break
		}
		n, path = m.value, append(path, Step{Key: token})
	}
	return n, path
}

// explain turns one error of the schema into our own words.
func (c *collector) explain(s compiled, b broken, guessed map[*node][]string) {
	n, name := b.node, keyOf(b.path)
	at := func(rule ruleID, values ...any) { c.add(rule, n.start, n.end, b.path, values...) }
	switch k := b.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		guessed[n] = c.unknownKeys(s, b, k.Properties)
	case *kind.Required:
		for _, key := range k.Missing {
			if !slices.Contains(guessed[n], key) {
				c.add(docMissingKey, n.start, n.start+1, b.path, key)
			}
		}
	case *kind.Type:
		rule, values := typeRule(b, k.Want)
		at(rule, values...)
	case *kind.Enum:
		allowed := texts(k.Want)
		if near, ok := c.guess(n.text, allowed); ok {
			at(docEnumNear, name, clip(n.text), near)
		} else {
			at(docEnum, name, clip(n.text), strings.Join(allowed, ", "))
		}
	case *kind.MinLength:
		at(docEmptyText, name)
	case *kind.MinItems:
		at(docEmptyList, name)
	case *kind.MaxLength:
		at(docTextLong, name, k.Want)
	case *kind.Pattern:
		if b.part() == "language" {
			at(docFormLanguage, clip(n.text))
		} else {
			at(patternRules[b.part()], name)
		}
	case *kind.MinProperties:
		at(docFilterEmpty)
	case *kind.DependentRequired:
		at(docFilterType)
	default:
		at(docForm, name)
	}
}

// part is the name of the schema's definition that was broken, "" outside of
// the definitions.
func (b broken) part() string {
	_, rest, _ := strings.Cut(b.SchemaURL, "#/$defs/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

var patternRules = map[string]ruleID{
	"count": docFormCount, "host": docFormHost, "name": docFormName, "optionalName": docFormName,
}

// unknownKeys reports the keys that the schema does not know, and returns those
// that they were taken for.
func (c *collector) unknownKeys(s compiled, b broken, unknown []string) []string {
	var allowed, absent, meant []string
	for key := range s.parts[b.SchemaURL].Properties {
		allowed = append(allowed, key)
	}
	slices.Sort(allowed)
	for _, key := range allowed {
		if b.node.get(key) == nil {
			absent = append(absent, key)
		}
	}
	choice := strings.Join(allowed, ", ")
	wrong := make(map[string]bool, len(unknown))
	for _, key := range unknown {
		wrong[key] = true
	}
	for _, m := range b.node.members {
		if !wrong[m.key] {
			continue
		}
		delete(wrong, m.key) // written twice: the second is reported as such
		path := append(slices.Clip(b.path), Step{Key: m.key})
		if near, ok := c.guess(m.key, absent); ok {
			meant = append(meant, near)
			c.add(docUnknownKeyNear, m.start, m.end, path, clip(m.key), near)
		} else {
			c.add(docUnknownKey, m.start, m.end, path, clip(m.key), choice)
		}
	}
	return meant
}

// typeRule picks the words for a value of the wrong type.
func typeRule(b broken, want []string) (ruleID, []any) {
	n, name := b.node, keyOf(b.path)
	if len(b.path) == 0 {
		return docTypeDocument, nil
	}
	entry := b.path[len(b.path)-1].Item
	switch want[0] {
	case "object":
		if entry {
			return docTypeEntryObject, []any{name}
		}
		return docTypeObject, []any{name}
	case "array":
		return docTypeList, []any{name}
	case "boolean":
		if n.kind == textNode && literalFor(n.text) != "" && literalFor(n.text) != "null" {
			return docFlagQuotes, []any{name, literalFor(n.text)}
		}
		return docTypeFlag, []any{name}
	}
	switch {
	case n.kind == numberNode && b.part() == "count":
		return docCountQuotes, []any{name, clip(n.text)}
	case entry:
		return docTypeEntryText, []any{name}
	}
	return docTypeText, []any{name}
}

// keyOf is the innermost key of a path: an entry of a list goes by the list's.
func keyOf(path []Step) string {
	for _, s := range slices.Backward(path) {
		if !s.Item {
			return clip(s.Key)
		}
	}
	return ""
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}
