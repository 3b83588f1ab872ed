package policydoc

import (
	"fmt"
	"strings"
	"testing"
)

// grown are documents with 1, 10 and 100 times the entries of a usual one; the
// largest fills what a document may have. Growing costs tell of quadratic steps.
func grown(kind Kind, times int) []byte {
	var entries []string
	n := 20 * times
	if kind == KindAuth {
		for i := range n {
			entries = append(entries, fmt.Sprintf(`{"attributeName":"name%d"}`, i))
		}
		return []byte(`{"authTokenType":"partner","allowedAuthTypes":[{"authType":"otp","mandatory":true},{"authType":"bio","authSubType":"IRIS","mandatory":false}],` +
			`"allowedKycAttributes":[` + strings.Join(entries, ",") + `],"kycLanguages":["eng"]}`)
	}
	for i := range n {
		entries = append(entries, fmt.Sprintf(`{"attributeName":"name%d","format":"YYYY","source":[{"attribute":"fullName"}],"group":"ownGroup","encrypted":true}`, i))
	}
	return []byte(`{"dataSharePolicies":{"typeOfShare":"Data Share","validForInMinutes":"30","transactionsAllowed":"2","encryptionType":"none",` +
		`"shareDomain":"share.example.org","source":"ID Repository"},"shareableAttributes":[` + strings.Join(entries, ",") + `]}`)
}

// oneItem is a document of one item with as many parts as fit.
func oneItem() []byte {
	var subs []string
	for i := range 18_000 {
		subs = append(subs, fmt.Sprintf(`"s%d"`, i))
	}
	return []byte(strings.Replace(string(grown(KindDataShare, 0)), "[]", `[{"attributeName":"a","source":[{"attribute":"a","filter":[{"type":"t","language":"eng","subType":[`+
		strings.Join(subs, ",")+`]}]}],"encrypted":true,"format":"f"}]`, 1))
}

func eachGrown(b *testing.B, run func(b *testing.B, kind Kind, doc []byte)) {
	b.Helper()
	for _, k := range Kinds() {
		for _, times := range []int{1, 10, 100} {
			doc := grown(k, times)
			b.Run(fmt.Sprintf("%s/%dx", k, times), func(b *testing.B) {
				b.SetBytes(int64(len(doc)))
				run(b, k, doc)
			})
		}
	}
	doc := oneItem()
	b.Run("oneItem", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		run(b, KindDataShare, doc)
	})
}

func BenchmarkUnderstand(b *testing.B) {
	eachGrown(b, func(b *testing.B, kind Kind, doc []byte) {
		for b.Loop() {
			if _, ok := Understand(kind, doc); !ok {
				b.Fatal("a faulty document")
			}
		}
	})
}

func BenchmarkSentences(b *testing.B) {
	eachGrown(b, func(b *testing.B, kind Kind, doc []byte) {
		m, _ := Understand(kind, doc)
		for b.Loop() {
			Sentences(m, DefaultVocabulary())
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	eachGrown(b, func(b *testing.B, kind Kind, doc []byte) {
		m, _ := Understand(kind, doc)
		for b.Loop() {
			Compare(Meaning{Kind: kind}, m, DefaultVocabulary())
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	eachGrown(b, func(b *testing.B, kind Kind, doc []byte) {
		m, _ := Understand(kind, doc)
		for b.Loop() {
			Canonical(m)
		}
	})
}
