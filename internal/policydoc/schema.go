package policydoc

import (
	"bytes"
	"embed"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
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

// compiled is a schema ready for use: the library's, and our shape of it.
type compiled struct {
	root  *jsonschema.Schema
	shape *shape
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
	root := c.MustCompile(url)
	return compiled{root, shapeOf(root)}
}

// noLoader keeps a schema from reaching for files or the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("policydoc: the schema refers to %s", url)
}

// maxExplained bounds the questions to the schema library. Of the values that
// come later in the text no finding is shown; each counts as one.
const maxExplained = 2 * MaxFindings

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
	explained := 0
	w := walk{found: func(wrong wrong) {
		if wrong.node.bad {
			return
		}
		if explained++; explained > maxExplained {
			c.count(docForm)
			return
		}
		c.explain(wrong)
		wrong.node.bad = wrong.node.kind == textNode // enough is said of it
	}}
	w.value(root, s.shape, nil, 0)
}

// ofOtherKind finds the key that shows that a document was pasted into the wrong
// form: it has keys of another kind and none of this one.
func ofOtherKind(k Kind, root *node) (member, bool) {
	known := compiledSchemas[k]().shape
	for _, m := range root.members {
		if known.prop(m.key) != nil {
			return member{}, false
		}
	}
	for _, other := range Kinds() {
		for _, m := range root.members {
			if compiledSchemas[other]().shape.prop(m.key) != nil {
				return m, true
			}
		}
	}
	return member{}, false
}
