package policydoc

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checkAgreement holds the walk of our own against the schema library: both
// refuse the same values, for the same reasons, and no other.
func checkAgreement(t *testing.T, k Kind, root *node) {
	t.Helper()
	s := compiledSchemas[k]()
	var want, got []string
	var invalid *jsonschema.ValidationError
	if err := s.root.Validate(root.value()); errors.As(err, &invalid) {
		want = libraryErrors(invalid, nil)
	} else if err != nil {
		t.Fatal(err)
	}
	w := walk{found: func(w wrong) {
		kinds := w.shape.errors(w.node)
		if len(kinds) == 0 {
			t.Fatalf("%s: only the walk refuses it", Finding{Path: w.path}.Pointer())
		}
		for _, k := range kinds {
			got = append(got, fmt.Sprintf("%s %T", Finding{Path: w.path}.Pointer(), k))
		}
	}}
	w.value(root, s.shape, nil, 0)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the library and the walk (-library +walk)\n%s", diff)
	}
}

func libraryErrors(err *jsonschema.ValidationError, out []string) []string {
	for _, cause := range err.Causes {
		out = libraryErrors(cause, out)
	}
	if len(err.Causes) == 0 {
		var pointer strings.Builder
		for _, step := range err.InstanceLocation {
			pointer.WriteString("/" + pointerEscape.Replace(step))
		}
		out = append(out, fmt.Sprintf("%s %T", pointer.String(), err.ErrorKind))
	}
	return out
}

func TestWalkAndLibraryAgreeOnTheCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/faulty/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	hold := func(doc []byte) {
		for _, k := range Kinds() {
			if root := (&parser{doc: doc}).document(); root != nil {
				checkAgreement(t, k, root)
				held++
			}
		}
	}
	for _, file := range files {
		for _, c := range readFaulty(t, file) {
			hold([]byte(c.doc))
		}
	}
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			hold(s.Document)
		}
	}
	if held < 150 {
		t.Errorf("only %d documents could be held against both", held)
	}
}

func TestWalkAndLibraryAgreeOnRandomDocuments(t *testing.T) {
	t.Parallel()
	good := 0
	for seed := range uint64(1500) {
		g := guesser{rand.New(rand.NewPCG(seed, 3))}
		for _, k := range Kinds() {
			doc, err := json.Marshal(g.value(compiledSchemas[k]().shape, float64(seed%5)/20))
			if err != nil {
				t.Fatal(err)
			}
			p := &parser{doc: doc}
			root := p.document()
			if root == nil {
				t.Fatalf("%s: %+v", doc, p.found)
			}
			checkAgreement(t, k, root)
			if Check(k, doc, Around{}).OK() {
				good++
			}
		}
	}
	if good < 500 || good > 2500 {
		t.Errorf("%d of 3000 documents are good: too few or too many to prove much", good)
	}
}

// guesser makes documents that follow a shape but for some places.
type guesser struct{ *rand.Rand }

func (g guesser) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

func (g guesser) value(s *shape, faults float64) any {
	if g.Float64() < faults {
		return []any{nil, true, 7, -0.5, "", " x", "x ", "a\u00a0b", strings.Repeat("n", 257), []any{}, map[string]any{}, []any{"x"}, map[string]any{"x": 1}}[g.IntN(13)]
	}
	switch s.kind {
	case objectNode:
		out := map[string]any{}
		for _, p := range s.props {
			if p.required && g.Float64() >= faults || g.IntN(3) == 0 {
				out[p.key] = g.value(p.shape, faults)
			}
		}
		if s.minProps > 0 && faults == 0 {
			out["type"] = "Face"
		}
		if g.Float64() < faults {
			out["colour"] = "blue"
		}
		return out
	case listNode:
		out := make([]any, 0, 3)
		for range g.IntN(3) + s.minItems {
			out = append(out, g.value(s.items, faults))
		}
		return out
	case flagNode:
		return g.IntN(2) == 0
	case nullNode, numberNode, textNode:
	}
	if s.enum != nil {
		return g.pick(s.enum...)
	}
	switch s.part() {
	case "count":
		return g.pick("1", "30", "999999999")
	case "language":
		return g.pick("eng", "fr", "ara-Latn", "zh-Hans-x1y2z3")
	case "host":
		return g.pick("a", "share.example.org:8443")
	}
	return g.pick("fullName", "x", "a b", "الاسم", strings.Repeat("é", 256))
}

// What our matchers take, the patterns take, and the other way round.
func TestMatchersFollowThePatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{namePattern, countPattern, languagePattern} {
		match, expression := matcher(pattern), regexp.MustCompile(pattern)
		g := guesser{rand.New(rand.NewPCG(1, 2))}
		taken := 0
		for range 50_000 {
			var b strings.Builder
			for range g.IntN(12) {
				b.WriteString(g.pick("a", "b", "Z", "0", "1", "9", "-", " ", "\n", "\t", "\v", "\r", "\f", "é", "\u00a0", "\u2028", "\xff", "_", "$", "12", "en"))
			}
			s := b.String()
			if match(s) != expression.MatchString(s) {
				t.Fatalf("%s and %q: the expression says %t", pattern, s, !match(s))
			}
			if match(s) {
				taken++
			}
		}
		if taken < 150 {
			t.Errorf("%s: only %d texts were taken", pattern, taken)
		}
	}
}

// The walk knows every word of the schemas: a new one must be taught to it.
func TestSchemasUseOnlyWordsThatTheWalkKnows(t *testing.T) {
	t.Parallel()
	known := []string{
		"$schema", "$defs", "$ref", "title", "description", "type", "required", "additionalProperties", "properties", "enum",
		"items", "minItems", "minLength", "maxLength", "minProperties", "pattern", "dependentRequired",
	}
	var look func(part map[string]any)
	look = func(part map[string]any) {
		for word, v := range part {
			if !slices.Contains(known, word) {
				t.Errorf("the walk does not know %q", word)
			}
			inner, _ := v.(map[string]any)
			switch word {
			case "items":
				look(inner)
			case "properties", "$defs":
				for _, p := range inner {
					look(p.(map[string]any))
				}
			}
		}
		if part["$ref"] != nil {
			for _, word := range []string{"type", "pattern", "minLength", "items", "required"} {
				if part[word] != nil {
					t.Errorf("%s beside $ref is passed over", word)
				}
			}
		}
	}
	for _, k := range Kinds() {
		var all map[string]any
		if err := json.Unmarshal(Schema(k), &all); err != nil {
			t.Fatal(err)
		}
		look(all)
	}
}
