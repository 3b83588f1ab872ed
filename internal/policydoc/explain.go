package policydoc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explain asks the schema library what is wrong with a value, and puts its
// answers into our own words. What is inside of the value was asked for or will
// be.
func (c *collector) explain(w wrong) {
	kinds := w.shape.errors(w.node)
	slices.SortStableFunc(kinds, func(a, b jsonschema.ErrorKind) int { return rank(a) - rank(b) })
	var meant []string // missing keys that are there, misspelt
	for _, k := range kinds {
		switch k := k.(type) {
		case *kind.AdditionalProperties:
			meant = c.unknownKeys(w, k.Properties)
		case *kind.Required:
			c.missingKeys(w, k.Missing, meant)
		case *kind.Type:
			c.wrongType(w)
		case *kind.Enum:
			c.wrongChoice(w, texts(k.Want))
		default:
			c.wrongForm(w, k)
		}
	}
}

// errors is what the library says about n itself.
func (s *shape) errors(n *node) []jsonschema.ErrorKind {
	var invalid *jsonschema.ValidationError
	if err := s.schema.Validate(n.shallow(s)); err == nil || !errors.As(err, &invalid) {
		return nil
	}
	return leaves(invalid, nil)
}

// leaves collects the innermost errors: the others only lead to them.
func leaves(err *jsonschema.ValidationError, out []jsonschema.ErrorKind) []jsonschema.ErrorKind {
	for _, cause := range err.Causes {
		out = leaves(cause, out)
	}
	if len(err.Causes) == 0 && len(err.InstanceLocation) == 0 {
		out = append(out, err.ErrorKind)
	}
	return out
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

// unknownKeys reports the keys that the schema does not know, and returns those
// that they were taken for.
func (c *collector) unknownKeys(w wrong, unknown []string) []string {
	var allowed, absent, meant []string
	for _, p := range w.shape.props {
		allowed = append(allowed, p.key)
		if w.node.get(p.key) == nil {
			absent = append(absent, p.key)
		}
	}
	choice := strings.Join(allowed, ", ")
	shown := 0
	for i, m := range w.node.members {
		if m.twice || w.shape.prop(m.key) != nil { // the second is reported as such
			continue
		}
		if shown++; shown > MaxFindings+1 {
			c.errors += len(unknown) - shown + 1
			break
		}
		path := append(slices.Clip(w.path), Step{Key: m.key})
		if near, ok := c.guess(m.key, absent); ok {
			meant = append(meant, near)
			c.add(docUnknownKeyNear, m.start, m.end, path, clip(m.key), near).mend(rename(m.start, m.end, near))
		} else {
			c.add(docUnknownKey, m.start, m.end, path, clip(m.key), choice).mend(removeMember(w.node, i))
		}
	}
	return meant
}

// starters are values for keys that have to be there: what gives least. Keys
// that only the writer can know are not among them.
var starters = map[string]string{
	"authTokenType": `"random"`, "mandatory": "false", "allowedKycAttributes": "[]",
	"encrypted": "true", "typeOfShare": `"Data Share"`, "encryptionType": `"Partner Based"`,
	"validForInMinutes": `"30"`, "transactionsAllowed": `"1"`,
}

func (c *collector) missingKeys(w wrong, missing, meant []string) {
	n := w.node
	for _, key := range missing {
		if slices.Contains(meant, key) {
			continue
		}
		f := c.add(docMissingKey, n.start, n.start+1, w.path, key)
		if start, ok := starters[key]; ok {
			f.mend(c.addMember(n, key, start))
		}
	}
}

// wrongType picks the words for a value of the wrong type.
func (c *collector) wrongType(w wrong) {
	n, name := w.node, keyOf(w.path)
	at := func(rule ruleID, values ...any) *found { return c.add(rule, n.start, n.end, w.path, values...) }
	if w.parent == nil {
		at(docTypeDocument)
		return
	}
	entry := w.parent.kind == listNode
	switch {
	case w.shape.kind == objectNode && entry:
		at(docTypeEntryObject, name).mend(c.objectOf(n, name))
	case w.shape.kind == objectNode:
		at(docTypeObject, name)
	case w.shape.kind == listNode:
		f := at(docTypeList, name)
		if n.kind == w.shape.items.kind {
			f.mend(newFix("list", nil, Edit{n.start, n.start, "["}, Edit{n.end, n.end, "]"}))
		}
	case w.shape.kind == flagNode:
		if meant := literalFor(n.text); n.kind == textNode && (meant == "true" || meant == "false") {
			at(docFlagQuotes, name, meant).mend(replacement(n.start, n.end, meant, meant))
		} else {
			at(docTypeFlag, name)
		}
	case n.kind == numberNode && w.shape.part() == "count":
		f := at(docCountQuotes, name, clip(n.text))
		if isCount(n.text) {
			f.mend(quoting(n.start, n.end))
		}
	case entry:
		at(docTypeEntryText, name)
	default:
		at(docTypeText, name)
	}
}

// entryKeys are the keys that an entry written as a mere text must mean.
var entryKeys = map[string]string{
	"allowedKycAttributes": "attributeName", "allowedAuthTypes": "authType", "filter": "type", "source": "attribute",
}

// objectOf makes the object of an entry that is only its name.
func (c *collector) objectOf(n *node, list string) *Fix {
	key, ok := entryKeys[list]
	if !ok || n.kind != textNode || !isName(n.text) {
		return nil
	}
	rest := " }"
	if key == "authType" {
		rest = `, "mandatory": false }`
	}
	return newFix("object", nil, Edit{n.start, n.start, "{ " + quoted(key) + ": "}, Edit{n.end, n.end, rest})
}

func (c *collector) wrongChoice(w wrong, allowed []string) {
	n, name := w.node, keyOf(w.path)
	if near, ok := c.guess(n.text, allowed); ok {
		c.add(docEnumNear, n.start, n.end, w.path, name, clip(n.text), near).mend(rename(n.start, n.end, near))
		return
	}
	c.add(docEnum, n.start, n.end, w.path, name, clip(n.text), strings.Join(allowed, ", "))
}

// wrongForm explains what is left: lengths and patterns.
func (c *collector) wrongForm(w wrong, k jsonschema.ErrorKind) {
	n, name := w.node, keyOf(w.path)
	at := func(rule ruleID, values ...any) *found { return c.add(rule, n.start, n.end, w.path, values...) }
	switch k := k.(type) {
	case *kind.MinLength:
		at(docEmptyText, name).mend(w.without())
	case *kind.MinItems:
		at(docEmptyList, name).mend(w.without())
	case *kind.MaxLength:
		at(docTextLong, name, k.Want)
	case *kind.Pattern:
		part := w.shape.part()
		if part == "language" {
			at(docFormLanguage, clip(n.text)).mend(c.tidied(w, part))
		} else {
			at(patternRules[part], name).mend(c.tidied(w, part))
		}
	case *kind.MinProperties:
		f := at(docFilterEmpty)
		if len(w.parent.items) > 1 {
			f.mend(removeItem(w.parent, w.at))
		}
	case *kind.DependentRequired:
		at(docFilterType)
	default:
		at(docForm, name)
	}
}

// optionalKeys are those of the schemas that need not be there.
var optionalKeys = map[string]bool{"kycLanguages": true, "filter": true, "group": true, "format": true, "subType": true}

// without is the fix for an empty value that need not be there at all.
func (w wrong) without() *Fix {
	if w.parent == nil || w.parent.kind != objectNode || !optionalKeys[w.parent.members[w.at].key] {
		return nil
	}
	return removeMember(w.parent, w.at)
}

// part is the name of the schema's definition, "" outside of the definitions.
func (s *shape) part() string {
	_, rest, _ := strings.Cut(s.schema.Location, "#/$defs/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

var patternRules = map[string]ruleID{
	"count": docFormCount, "host": docFormHost, "name": docFormName, "optionalName": docFormName,
}

// tidied is the fix for a text of which the part that is right can be told.
func (c *collector) tidied(w wrong, part string) *Fix {
	to := strings.TrimSpace(w.node.text)
	switch part {
	case "count":
		to = strings.TrimLeft(to, "0")
	case "host":
		_, rest, found := strings.Cut(to, "://")
		if found {
			to = rest
		}
		to, _, _ = strings.Cut(to, "/")
	case "language":
		to = c.languageCode(to)
	}
	if to == "" || !w.shape.holdsText(to) {
		return nil
	}
	return rename(w.node.start, w.node.end, to)
}

// languageCode finds the code of a language by what people call it.
func (c *collector) languageCode(name string) string {
	for _, code := range c.around.Vocabulary.Names(Languages) {
		term, _ := c.around.Vocabulary.Term(Languages, code)
		for _, label := range term.Labels {
			if strings.EqualFold(label, name) {
				return code
			}
		}
	}
	return strings.ToLower(name)
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
