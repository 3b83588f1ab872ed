package policydoc

import (
	"bytes"
	"fmt"
	"testing"
)

// formBench is a Data share policy of n attributes.
func formBench(n int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n  \"dataSharePolicies\": {\n    \"validForInMinutes\": \"30\"\n  },\n  \"shareableAttributes\": [")
	for i := range n {
		fmt.Fprintf(&b, "\n    {\n      \"attributeName\": \"name%d\",\n      \"source\": [\n        {\n          \"attribute\": \"fullName\"\n        }\n      ],\n      \"encrypted\": true\n    },", i)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString("\n  ]\n}\n")
	return b.Bytes()
}

// BenchmarkForm: the usual document has 5 KB; a form holds 200 such attributes
// at most, so what grows beyond them are the names of an Auth policy's entries
// that nobody knows.
func BenchmarkForm(b *testing.B) {
	for _, n := range []int{2, 20, 200} {
		doc := formBench(n)
		f, ok := FormOf(KindDataShare, doc, DefaultVocabulary())
		if !ok || f.TooLarge {
			b.Fatal("no form")
		}
		changed := f
		changed.Share.Attributes = append([]AttributeRow(nil), f.Share.Attributes...)
		for i := range changed.Share.Attributes {
			changed.Share.Attributes[i].Group.Value = "new"
		}
		values := posted(f)
		for name, run := range map[string]func(){
			"FormOf":          func() { FormOf(KindDataShare, doc, DefaultVocabulary()) },
			"ApplyUnchanged":  func() { _, _ = f.Apply(doc) },
			"ApplyAllChanged": func() { _, _ = changed.Apply(doc) },
			"ReadForm": func() {
				_, _ = ReadForm(KindDataShare, doc, func(n string) []string { return values[n] }, DefaultVocabulary())
			},
		} {
			b.Run(fmt.Sprintf("%s/%dattributes", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				for b.Loop() {
					run()
				}
			})
		}
	}
	for _, n := range []int{120, 1200, 12000} {
		var odd bytes.Buffer
		odd.WriteString(`{"kycLanguages":["eng"]`)
		for i := range n {
			fmt.Fprintf(&odd, `,"shareDomai%d":1`, i)
		}
		odd.WriteByte('}')
		doc := odd.Bytes()
		b.Run(fmt.Sprintf("FormOf/%dunknownKeys", n), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				FormOf(KindAuth, doc, DefaultVocabulary())
			}
		})
	}
}
