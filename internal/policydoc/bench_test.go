package policydoc

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// entries is a good Data share policy of n attributes, spread over lines as
// people write it, and a vocabulary that knows their names.
func entries(n int) ([]byte, Around) {
	s, _ := SampleByID(KindDataShare, "few_data")
	head, _, _ := bytes.Cut(s.Document, []byte(`"shareableAttributes"`))
	terms := slices.Clone(Seed())
	var b strings.Builder
	b.Write(head)
	b.WriteString("\"shareableAttributes\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name := fmt.Sprintf("attribute%d", i)
		terms = append(terms, Term{Family: Attributes, Name: name, Sensitivity: Personal})
		fmt.Fprintf(&b, entryForm, name, name)
	}
	b.WriteString("\n  ]\n}\n")
	return []byte(b.String()), Around{Vocabulary: NewVocabulary(terms), Neighbours: Neighbours{Policies: 3, MostAttributes: n}}
}

const entryForm = `
    {
      "attributeName": %q,
      "source": [{ "attribute": %q, "filter": [{ "type": "Face" }] }],
      "encrypted": true
    }`

// Thirty entries make the 5 KB of a usual document, 1,630 make 256 KiB.
const (
	usualEntries = 32
	mostEntries  = 1630
)

// worst are documents that are as long as they may be and wrong in one way from
// the beginning to the end.
func worst() map[string][]byte {
	good, _ := entries(mostEntries)
	fill := func(head, piece, tail string) []byte {
		n := (MaxBytes - len(head) - len(tail)) / len(piece)
		return []byte(head + strings.Repeat(piece, min(n, MaxValues-10)) + tail)
	}
	var keys strings.Builder
	for i := range 12_000 {
		fmt.Fprintf(&keys, `"shareDomai%d":1,`, i)
	}
	name := `{"attributeName":"fulName","source":[{"attribute":"a/b/biometrcs"}],"encrypted":false},`
	return map[string][]byte{
		"flagsAsNumbers": bytes.ReplaceAll(good, []byte("true"), []byte("1")),
		"unknownKeys":    []byte("{" + strings.TrimSuffix(keys.String(), ",") + "}"),
		"numbers":        fill(`{"shareableAttributes":[`, `1,`, `1]}`),
		"commas":         []byte(`{"shareableAttributes":[` + strings.Repeat(",", MaxBytes-30) + `]}`),
		"comments":       []byte(`{"shareableAttributes":[` + strings.Repeat("/**/", MaxBytes/4-20) + `]}`),
		"misspelt":       fill(`{"shareableAttributes":[`, name, `{}]}`),
		"oneLongText":    []byte(`{"shareableAttributes":["` + strings.Repeat("é", MaxBytes/2-20) + `"]}`),
		"emptyEntries":   fill(`{"shareableAttributes":[`, `{},`, `{}]}`),
		"sameSources":    fill(`{"shareableAttributes":[{"source":[`, `{"attribute":"x"},`, `{"attribute":"x"}]}]}`),
	}
}

func BenchmarkCheck(b *testing.B) {
	run := func(name string, doc []byte, around Around) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				Check(KindDataShare, doc, around)
			}
		})
	}
	for _, size := range []struct {
		name string
		n    int
	}{{"usual5KB", usualEntries}, {"256KiB", mostEntries}, {"1x", 15}, {"10x", 150}, {"100x", 1500}} {
		doc, around := entries(size.n)
		run(size.name, doc, around)
	}
	for name, doc := range worst() {
		run("worst/"+name, doc, testAround)
	}
}

// What the benchmarks measure is what they say.
func TestDocumentsOfTheBenchmarks(t *testing.T) {
	t.Parallel()
	for n, size := range map[int][2]int{usualEntries: {5 << 10, 6 << 10}, mostEntries: {240 << 10, MaxBytes}} {
		doc, around := entries(n)
		if len(doc) < size[0] || len(doc) > size[1] {
			t.Errorf("%d entries take %d bytes", n, len(doc))
		}
		if r := Check(KindDataShare, doc, around); len(r.Findings) > 0 {
			t.Errorf("%d entries: %s", n, showAll(r.Findings))
		}
	}
	for name, doc := range worst() {
		if r := Check(KindDataShare, doc, testAround); r.OK() || len(doc) > MaxBytes || len(doc) < 100<<10 && name != "numbers" && name != "emptyEntries" {
			t.Errorf("%s: %d bytes, %d errors", name, len(doc), r.Errors)
		}
	}
}
