package policydoc

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzForm holds whatever text comes, and whatever is answered, against what
// callers rely on: no panic, nothing lost, and a text that can be read again.
func FuzzForm(f *testing.F) {
	for i, kd := range editableDocs(f) {
		f.Add(kd.kind == KindDataShare, []byte(kd.doc), uint64(i), "a", "1")
	}
	for _, odd := range []string{"", "{", "[]", "\uFEFF{}", `{"":{"":""}}`, "{\"a\":1\r}"} {
		f.Add(true, []byte(odd), uint64(0), FieldRow, "n0")
	}
	f.Fuzz(func(t *testing.T, share bool, doc []byte, seed uint64, name, value string) {
		kind := KindAuth
		if share {
			kind = KindDataShare
		}
		before := bytes.Clone(doc)
		form, ok := FormOf(kind, doc, DefaultVocabulary())
		if !ok || form.TooLarge {
			if out, err := form.Apply(doc); err == nil {
				t.Fatalf("applied to what has no form: %q", out)
			}
			return
		}
		if out, err := form.Apply(doc); err != nil || !bytes.Equal(out, doc) {
			t.Fatalf("another text: %v %q", err, out)
		}
		values := posted(form)
		again, err := ReadForm(kind, doc, func(n string) []string { return values[n] }, DefaultVocabulary())
		if diff := gocmp.Diff(form, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatal(err, diff)
		}
		r := rand.New(rand.NewPCG(seed, 0))
		var log []string
		for range 1 + r.IntN(6) {
			log = append(log, change(r, &form))
		}
		if out, err := form.Apply(doc); err == nil { // it may have become too long
			said := saidBy(form)
			checkChanged(t, kind, out, said, log)
		}
		// One input of anything.
		values[name] = strings.Split(value, "|")
		if hostile, err := ReadForm(kind, doc, func(n string) []string { return values[n] }, DefaultVocabulary()); err == nil {
			if out, err := hostile.Apply(doc); err == nil {
				if _, ok := FormOf(kind, out, nil); !ok {
					t.Fatalf("unreadable: %q", out)
				}
			}
		}
		if !bytes.Equal(before, doc) {
			t.Fatal("the document was changed in its place")
		}
	})
}

func checkChanged(t *testing.T, kind Kind, out []byte, want Form, log []string) {
	t.Helper()
	got, ok := FormOf(kind, out, DefaultVocabulary())
	if !ok || !json.Valid(out) && len(bytes.TrimSpace(out)) > 0 {
		t.Fatalf("%q: unreadable: %q", log, out)
	}
	if got.TooLarge {
		return
	}
	if diff := gocmp.Diff(want, saidBy(got), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%q: %s\n%q", log, diff, out)
	}
}
