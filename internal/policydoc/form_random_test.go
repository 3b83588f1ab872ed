package policydoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type kindDoc struct {
	kind Kind
	doc  string
}

// editableDocs are the texts of the corpus and the samples that have a form,
// each for both kinds, and in several layouts.
func editableDocs(t testing.TB) []kindDoc {
	t.Helper()
	var texts []string
	files, err := filepath.Glob("testdata/faulty/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, c := range readFaulty(t, file) {
			texts = append(texts, c.doc)
		}
	}
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			texts = append(texts, string(s.Document))
		}
	}
	texts = append(texts, "", "{}", "\r\n", twoRows)
	var out []kindDoc
	for _, text := range texts {
		for _, doc := range layouts(text) {
			for _, k := range Kinds() {
				if f, ok := FormOf(k, []byte(doc), nil); ok && !f.TooLarge {
					out = append(out, kindDoc{k, doc})
				}
			}
		}
	}
	if len(out) < 300 {
		t.Fatalf("only %d documents", len(out))
	}
	return out
}

func layouts(text string) []string {
	out := []string{text, strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "  ", "\t")}
	var compact, indented bytes.Buffer
	if json.Compact(&compact, []byte(text)) == nil && json.Indent(&indented, []byte(text), "", "    ") == nil {
		out = append(out, compact.String(), indented.String(), strings.ReplaceAll(compact.String(), ":", " : "))
	}
	return out
}

// snippets are put in the place of values.
var snippets = []string{
	`null`, `[]`, `{}`, `""`, `true`, `false`, `7`, `1e5`, `123456789012345678`, `"abc"`, `"\u0061\n"`, `"\ud800"`, `"tab\tx"`, `"x\\, y"`,
	`[1, "a" ,{}]`, `{"x-kept":[ {"a" : null} ]}`, `[[]]`, `["b","b"]`, `{"attributeName":"fullName","attributeName":"x"}`, `{"authType":"otp"}`,
	`{"authType":"bio","authSubType":"", "mandatory":1}`, `{"authSubType":null,"authType":"otp","mandatory":false}`, "[\n\n]", `{"type":"Face"}`, `{"attribute":"a"}`,
}

// mutate makes another document that has a form: values are exchanged, elements
// doubled, removed, and strange keys put in.
func mutate(t testing.TB, r *rand.Rand, kd kindDoc) kindDoc {
	t.Helper()
	doc := kd.doc
	for range 1 + r.IntN(4) {
		root, ok := editable([]byte(doc))
		if !ok {
			t.Fatalf("no longer editable: %q", doc)
		}
		n := anyNode(r, root)
		next := doc
		switch r.IntN(4) {
		case 0:
			if n != root {
				next = doc[:n.start] + snippets[r.IntN(len(snippets))] + doc[n.end:]
			}
		case 1:
			if n.size() > 0 {
				i := r.IntN(n.size())
				start, end := n.element(i)
				next = doc[:end] + ",\n " + doc[start:end] + doc[end:]
			}
		case 2:
			if n.size() > 1 {
				i := r.IntN(n.size() - 1)
				start, _ := n.element(i)
				behind, _ := n.element(i + 1)
				next = doc[:start] + doc[behind:]
			}
		case 3:
			if n.kind == objectNode && n.size() > 0 {
				next = doc[:n.start+1] + fmt.Sprintf(`"x-kept": %s, `, snippets[r.IntN(len(snippets))]) + doc[n.start+1:]
			}
		}
		if f, ok := FormOf(kd.kind, []byte(next), nil); ok && !f.TooLarge {
			doc = next
		}
	}
	return kindDoc{kd.kind, doc}
}

func anyNode(r *rand.Rand, root *node) *node {
	var all []*node
	var walk func(*node)
	walk = func(n *node) {
		if n.end > n.start {
			all = append(all, n)
		}
		for _, m := range n.members {
			walk(m.value)
		}
		for _, item := range n.items {
			walk(item)
		}
	}
	walk(root)
	if len(all) == 0 {
		return root
	}
	return all[r.IntN(len(all))]
}

// everyDocument runs over the documents and over mutations of them.
func everyDocument(t *testing.T, mutations int, try func(t *testing.T, r *rand.Rand, kd kindDoc)) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 1))
	docs := editableDocs(t)
	for _, kd := range docs {
		try(t, r, kd)
	}
	for range mutations {
		try(t, r, mutate(t, r, docs[r.IntN(len(docs))]))
		if t.Failed() {
			return
		}
	}
}

// values are answered.
var values = []string{"", "policy", `a"b\c`, "é\u2028x", " padded ", "abc", "12", "one, two", `x\,y`, "tab\there", strings.Repeat("long", 300)}

// change answers something anew, and says so.
func change(r *rand.Rand, f *Form) string {
	if f.Kind == KindAuth {
		return changeAuth(r, &f.Auth)
	}
	s := &f.Share
	a, b := anyOf(r, s.Attributes), (*SourceRow)(nil)
	if a != nil {
		b = anyOf(r, a.Sources)
	}
	path := ""
	questions := s.questions()
	switch i := r.IntN(4); {
	case i == 1 && a != nil:
		path, questions = a.ID, a.questions()
	case i == 2 && b != nil:
		path, questions = b.ID, b.questions()
	case i == 3 && b != nil && len(b.Filters) > 0:
		c := anyOf(r, b.Filters)
		path, questions = c.ID, c.questions()
	}
	switch r.IntN(6) {
	case 0:
		*f, _ = f.AddRow(path)
		return "add to " + path
	case 1:
		*f, _ = f.RemoveRow(path)
		return "remove " + path
	}
	q := questions[r.IntN(len(questions))]
	value := values[r.IntN(len(values))]
	if q.control == flagControl {
		value = []string{"", "true", "false"}[r.IntN(3)]
	}
	q.answer.Value = value
	return path + " " + q.key + " = " + value
}

func anyOf[R any](r *rand.Rand, rows []R) *R {
	if len(rows) == 0 {
		return nil
	}
	return &rows[r.IntN(len(rows))]
}

func changeAuth(r *rand.Rand, f *AuthForm) string {
	switch r.IntN(4) {
	case 0:
		f.TokenType.Value = values[r.IntN(len(values))]
		return "token type " + f.TokenType.Value
	case 1:
		w := anyOf(r, f.Ways)
		w.State = []string{WayNo, WayOptional, WayRequired}[r.IntN(3)]
		return w.Field() + " = " + w.State
	}
	picks := &f.Attributes
	if r.IntN(2) == 0 {
		picks = &f.Languages
	}
	if r.IntN(3) == 0 {
		if name := values[1+r.IntN(len(values)-1)]; !slices.ContainsFunc(*picks, func(p Pick) bool { return p.Name == name }) {
			*picks = append(*picks, Pick{name, true})
			return "new pick " + name
		}
	}
	p := anyOf(r, *picks)
	p.On = !p.On
	return fmt.Sprint("pick ", *p)
}
