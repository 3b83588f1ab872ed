package policydoc

import (
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The heart of it: a form that nobody changed gives its document byte by byte,
// also when it has been through a browser.
func TestDocumentFormDocumentIsTheSame(t *testing.T) {
	t.Parallel()
	everyDocument(t, 1000, func(t *testing.T, _ *rand.Rand, kd kindDoc) {
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

// saidBy is what a form answers, without where it was found.
func saidBy(f Form) Form {
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
	slices.SortFunc(out.Auth.Ways, func(a, b WayAnswer) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.SubType, b.SubType))
	})
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
	everyDocument(t, 1500, func(t *testing.T, r *rand.Rand, kd kindDoc) {
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
	if diff := gocmp.Diff(saidBy(f), saidBy(got), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%q\n%s\nbecame\n%s\n%s", log, kd.doc, out, diff)
	}
	if again := applied(t, read(t, kd.kind, out, posted(got)), out); again != out {
		t.Errorf("%q\nbecame\n%q", out, again)
	}
	// A form that has been through a browser says the same.
	if through, err := ReadForm(kd.kind, []byte(kd.doc), func(name string) []string { return posted(f)[name] }, DefaultVocabulary()); err != nil {
		t.Errorf("%q: %v", log, err)
	} else if diff := gocmp.Diff(saidBy(f), saidBy(through), cmpopts.EquateEmpty()); diff != "" && !slices.ContainsFunc(log, padded) {
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
		for range 4 {
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
