package policywords

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// ofEntries is a good Data share policy of n attributes, spread over lines as
// people write it, and a vocabulary that knows their names.
func ofEntries(n int) ([]byte, *policydoc.Vocabulary) {
	terms := policydoc.Seed()[:len(policydoc.Seed()):len(policydoc.Seed())]
	var b strings.Builder
	b.WriteString(`{
  "dataSharePolicies": {
    "typeOfShare": "Data Share",
    "validForInMinutes": "30",
    "transactionsAllowed": "2",
    "encryptionType": "Partner Based",
    "shareDomain": "share.example.org",
    "source": "ID Repository",
    "protocol": "https"
  },
  "shareableAttributes": [`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name := fmt.Sprintf("attribute%d", i)
		terms = append(terms, policydoc.Term{
			Family: policydoc.Attributes, Name: name, Sensitivity: policydoc.Personal, Labels: map[string]string{"en": "Attribute " + name},
		})
		fmt.Fprintf(&b, `
    {
      "attributeName": %q,
      "source": [{ "attribute": %q, "filter": [{ "type": "Face" }] }],
      "encrypted": true
    }`, name, name)
	}
	b.WriteString("\n  ]\n}\n")
	return []byte(b.String()), policydoc.NewVocabulary(terms)
}

// readAndSay does what the editor does with a text at every change: judge it,
// and write its findings and sentences.
func readAndSay(b *testing.B, kind policydoc.Kind, doc []byte, v *policydoc.Vocabulary) {
	b.Helper()
	ctx := i18n.WithLang(b.Context(), "en")
	m, r, ok := policydoc.Read(kind, doc, policydoc.Around{Vocabulary: v})
	if !ok {
		b.Fatalf("a faulty document: %+v", r.Findings)
	}
	Findings(ctx, r, "")
	if text := Plain(ctx, v, m); text == "" {
		b.Fatal("nothing is said")
	}
}

// BenchmarkLintAndSay holds the goal of the policy studio: under 1 ms for a usual
// document of 5 KB, under 20 ms for 256 KiB, and ten times as much for ten times
// the document. Time of the processor is told besides, because it is the same
// on a busy machine.
func BenchmarkLintAndSay(b *testing.B) {
	for _, size := range []struct {
		name    string
		entries int
	}{{"usual5KB", 32}, {"256KiB", 1630}, {"1x", 15}, {"10x", 150}, {"100x", 1500}} {
		doc, v := ofEntries(size.entries)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			start := userTime(b)
			for b.Loop() {
				readAndSay(b, policydoc.KindDataShare, doc, v)
			}
			b.ReportMetric(float64(userTime(b)-start)/float64(b.N), "user-ns/op")
		})
	}
}

// userTime is what this process has used of the processor so far.
func userTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
