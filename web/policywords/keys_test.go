package policywords

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// Every key of both schemas is in some sentence: whatever is changed in a
// document, its sentences change in every language. The keys are the schema's,
// so a new one without a sentence fails here.
func TestEveryKeyOfTheSchemasIsInASentence(t *testing.T) {
	t.Parallel()
	for _, kind := range policydoc.Kinds() {
		full, err := os.ReadFile("testdata/full_" + string(kind) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var schema part
		if err := json.Unmarshal(policydoc.Schema(kind), &schema); err != nil {
			t.Fatal(err)
		}
		w := walker{t: t, kind: kind, full: full, defs: schema.Defs, was: said(t, kind, full)}
		w.walk(schema, nil)
		if w.seen < 6 {
			t.Errorf("%s: only %d keys were walked", kind, w.seen)
		}
	}
}

// part is what the test needs of a JSON Schema.
type part struct {
	Type       string          `json:"type"`
	Ref        string          `json:"$ref"`
	Properties map[string]part `json:"properties"`
	Items      *part           `json:"items"`
	Enum       []string        `json:"enum"`
	Defs       map[string]part `json:"$defs"`
}

type walker struct {
	t    *testing.T
	kind policydoc.Kind
	full []byte
	defs map[string]part
	was  map[string]string // language → sentences
	seen int
}

// walk changes every value of the full document that the schema names, one at a
// time: of a list its first entry.
func (w *walker) walk(p part, path []any) {
	for p.Ref != "" {
		p = w.defs[strings.TrimPrefix(p.Ref, "#/$defs/")]
	}
	for key, sub := range p.Properties {
		w.seen++
		w.walk(sub, append(path[:len(path):len(path)], key))
	}
	switch p.Type {
	case "object":
		return
	case "array":
		w.walk(*p.Items, append(path[:len(path):len(path)], 0))
	}
	changed := false
	for _, other := range others(p) {
		doc := w.change(path, other)
		if _, ok := policydoc.Understand(w.kind, doc); !ok {
			continue
		}
		changed = true
		for lang, text := range said(w.t, w.kind, doc) {
			if text == w.was[lang] {
				w.t.Errorf("%s: nothing is said of %v in %s", w.kind, path, lang)
			}
		}
	}
	if !changed {
		w.t.Errorf("%s: %v was not changed", w.kind, path)
	}
}

// others are values that could stand instead; those that the schema refuses are
// passed over.
func others(p part) []func(any) any {
	constant := func(s string) func(any) any { return func(any) any { return s } }
	switch p.Type {
	case "boolean":
		return []func(any) any{func(v any) any { return v != true }}
	case "array":
		return []func(any) any{func(v any) any { return v.([]any)[1:] }}
	}
	out := []func(any) any{constant("7"), constant("xyz"), constant("other.example")}
	for _, e := range p.Enum {
		out = append(out, constant(e))
	}
	return out
}

// change is the full document with another value at a path.
func (w *walker) change(path []any, other func(any) any) []byte {
	w.t.Helper()
	var doc any
	if err := json.Unmarshal(w.full, &doc); err != nil {
		w.t.Fatal(err)
	}
	at := doc
	for i, step := range path {
		last := i == len(path)-1
		switch step := step.(type) {
		case string:
			m, ok := at.(map[string]any)
			if !ok || m[step] == nil {
				w.t.Fatalf("the full document has nothing at %v", path)
			}
			if last {
				m[step] = w.otherThan(m[step], other)
			}
			at = m[step]
		case int:
			l, ok := at.([]any)
			if !ok || len(l) == 0 {
				w.t.Fatalf("the full document has nothing at %v", path)
			}
			if last {
				l[step] = w.otherThan(l[step], other)
			}
			at = l[step]
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// otherThan makes sure that a value changes: an enumerated one that is there
// already gives a document that is refused.
func (w *walker) otherThan(v any, other func(any) any) any {
	if now := other(v); fmt.Sprint(now) != fmt.Sprint(v) {
		return now
	}
	return nil
}

// said is all sentences of a document, by language.
func said(t *testing.T, kind policydoc.Kind, doc []byte) map[string]string {
	t.Helper()
	m, ok := policydoc.Understand(kind, doc)
	if !ok {
		t.Fatalf("the document is not understood: %s", doc)
	}
	out := make(map[string]string)
	for _, l := range i18n.Languages {
		out[l.Code] = Plain(i18n.WithLang(t.Context(), l.Code), policydoc.DefaultVocabulary(), m)
	}
	return out
}
