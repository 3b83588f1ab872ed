package policydoc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		switch i := 0; r.IntN(4) {
		case 0:
			if n != root {
				next = doc[:n.start] + snippets[r.IntN(len(snippets))] + doc[n.end:]
			}
		case 1:
			if n.size() > 0 {
				i = r.IntN(n.size())
				start, end := n.element(i)
				next = doc[:end] + ",\n " + doc[start:end] + doc[end:]
			}
		case 2:
			if n.size() > 1 {
				i = r.IntN(n.size() - 1)
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

// The heart of it: a form that nobody changed gives its document byte by byte,
// also when it has been through a browser.
func TestDocumentFormDocumentIsTheSame(t *testing.T) {
	t.Parallel()
	everyDocument(t, 3000, func(t *testing.T, _ *rand.Rand, kd kindDoc) {
		t.Helper()
		roundTrip(t, kd)
	})
}

func roundTrip(t *testing.T, kd kindDoc) {
	t.Helper()
	f := formOf(t, kd.kind, kd.doc)
	if got := applied(t, f, kd.doc); got != kd.doc {
		t.Errorf("%q\nbecame\n%q", kd.doc, got)
	}
	values := posted(f)
	for name, all := range values {
		for _, v := range all {
			if strings.ContainsAny(v, "\r\n\x00") {
				t.Errorf("%s: no browser sends %q back", name, v)
			}
		}
	}
	again := read(t, kd.kind, kd.doc, values)
	if diff := gocmp.Diff(f, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%q: %s", kd.doc, diff)
	}
	if got := applied(t, again, kd.doc); got != kd.doc {
		t.Errorf("%q\nbecame after reading\n%q", kd.doc, got)
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
	switch next, ok := *f, false; r.IntN(6) {
	case 0:
		if next, ok = f.AddRow(path); ok {
			*f = next
		}
		return "add to " + path
	case 1:
		if next, ok = f.RemoveRow(path); ok {
			*f = next
		}
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

// said is what a form answers, without where it was found.
func said(f Form) Form {
	plain := func(questions []question) {
		for _, q := range questions {
			q.answer.Missing = false
			if q.answer.Value != "" {
				q.answer.Odd = ""
			}
			if q.control == namesControl {
				q.answer.Value = JoinNames(SplitNames(q.answer.Value))
			}
		}
	}
	out := Form{Kind: f.Kind, Auth: AuthForm{TokenType: f.Auth.TokenType}, Share: f.Share}
	plain(out.Auth.questions())
	plain(out.Share.questions())
	for _, w := range f.Auth.Ways {
		if w.State != WayNo {
			out.Auth.Ways = append(out.Auth.Ways, WayAnswer{Type: w.Type, SubType: w.SubType, State: w.State})
		}
	}
	slices.SortFunc(out.Auth.Ways, func(a, b WayAnswer) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.SubType, b.SubType)) })
	on := func(picks []Pick) (out []Pick) {
		for _, name := range slices.Sorted(slices.Values(chosen(picks))) {
			out = append(out, Pick{name, true})
		}
		return out
	}
	out.Auth.Attributes, out.Auth.Languages = on(f.Auth.Attributes), on(f.Auth.Languages)
	out.Share.Attributes = nil
	for _, a := range f.Share.Attributes {
		sources := a.Sources
		a.ID, a.Origin, a.Others, a.Sources = "", 0, nil, nil
		plain(a.questions())
		for _, s := range sources {
			filters := s.Filters
			s.ID, s.Origin, s.Others, s.Filters = "", 0, nil, nil
			plain(s.questions())
			for _, l := range filters {
				l.ID, l.Origin, l.Others = "", 0, nil
				plain(l.questions())
				s.Filters = append(s.Filters, l)
			}
			a.Sources = append(a.Sources, s)
		}
		out.Share.Attributes = append(out.Share.Attributes, a)
	}
	return out
}

// Whatever is answered is what the new document says, and nothing else.
func TestAnswersAreWhatTheNewDocumentSays(t *testing.T) {
	t.Parallel()
	everyDocument(t, 4000, func(t *testing.T, r *rand.Rand, kd kindDoc) {
		t.Helper()
		f := formOf(t, kd.kind, kd.doc)
		var log []string
		for range 1 + r.IntN(5) {
			log = append(log, change(r, &f))
		}
		changed(t, kd, f, log)
	})
}

func changed(t *testing.T, kd kindDoc, f Form, log []string) {
	t.Helper()
	out := applied(t, f, kd.doc)
	if !json.Valid([]byte(out)) && strings.TrimSpace(kd.doc) != "" {
		t.Fatalf("no JSON any more: %q %q", log, out)
	}
	got := formOf(t, kd.kind, out)
	if diff := gocmp.Diff(said(f), said(got), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%q\n%s\nbecame\n%s\n%s", log, kd.doc, out, diff)
	}
	if again := applied(t, read(t, kd.kind, out, posted(got)), out); again != out {
		t.Errorf("%q\nbecame\n%q", out, again)
	}
	// A form that has been through a browser says the same.
	if through, err := ReadForm(kd.kind, []byte(kd.doc), func(name string) []string { return posted(f)[name] }, DefaultVocabulary()); err != nil {
		t.Errorf("%q: %v", log, err)
	} else if diff := gocmp.Diff(said(f), said(through), cmpopts.EquateEmpty()); diff != "" && !slices.ContainsFunc(log, padded) {
		t.Errorf("%q: %s", log, diff)
	}
}

// padded: counts and added names lose the spaces around them on the way.
func padded(s string) bool { return strings.HasSuffix(s, " ") }

// Nothing that a form does not show is lost by answering what it shows.
func TestUnknownKeysSurviveEveryAnswer(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for _, kd := range editableDocs(t) {
		doc := withMarkers(kd.doc)
		f, ok := FormOf(kd.kind, []byte(doc), DefaultVocabulary())
		if !ok {
			t.Fatalf("%q", doc)
		}
		want := strings.Count(doc, marker)
		for range 8 {
			log := change(r, &f)
			// What stands in a removed row or entry goes with it, and so does a
			// value of the wrong form that is answered anew.
			gone := want - kept(f)
			out := applied(t, f, doc)
			if got := strings.Count(out, marker); got < want-gone {
				t.Fatalf("%s: %d of %d markers are left, %d may go:\n%s\n%s", log, got, want, gone, doc, out)
			}
		}
	}
}

const marker = "x-kept"

// withMarkers puts a strange key into every object.
func withMarkers(doc string) string {
	var b strings.Builder
	for i := 0; i < len(doc); i++ {
		b.WriteByte(doc[i])
		if doc[i] != '{' {
			continue
		}
		b.WriteString(`"` + marker + `": [ 1 ]`)
		if rest := strings.TrimLeft(doc[i+1:], " \t\r\n"); rest[0] != '}' {
			b.WriteString(" , ")
		}
	}
	return b.String()
}

// kept counts the markers that must survive: those of the top, of the rows that
// are there, and of the entries of ways and picks that stay.
func kept(f Form) int {
	count := func(others []Other) (n int) {
		for _, o := range others {
			path := o.Path
			if len(path) == 1 && path[0].Key == marker || len(path) == 2 && path[1].Key == marker && path[0].Key == keyRules {
				n++
			}
			if last := path[len(path)-1]; last.Key == marker && len(path) > 2 && f.Kind == KindDataShare {
				n++
			}
		}
		return n
	}
	n := count(f.Others)
	for _, a := range f.Share.Attributes {
		n += count(a.Others)
		for _, s := range a.Sources {
			n += count(s.Others)
			for _, l := range s.Filters {
				n += count(l.Others)
			}
		}
	}
	return n
}
