package policydoc

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadingAnAuthForm(t *testing.T) {
	t.Parallel()
	doc := `{"authTokenType":"policy","allowedAuthTypes":[{"authType":"own: way/é","authSubType":"A B","mandatory":true},{"authType":"otp"}],` +
		`"allowedKycAttributes":[{"attributeName":"old"}],"kycLanguages":["eng"]}`
	values := posted(formOf(t, KindAuth, doc))
	if _, there := values["way:own%3A+way%2F%C3%A9:A+B"]; !there {
		t.Error(slices.Sorted(maps.Keys(values)))
	}
	values["way:own%3A+way%2F%C3%A9:A+B"] = []string{WayNo}
	values["way:bio:IRIS"] = []string{WayRequired}
	delete(values, "way:kyc")
	values[FieldAttribute] = []string{"fullName", "new", "fullName"}
	values[FieldAddAttribute] = []string{"  another one "}
	delete(values, FieldLanguage)
	got := applied(t, read(t, KindAuth, doc, values), doc)
	want := `{"authTokenType":"policy","allowedAuthTypes":[{"authType":"otp"},{"authType":"bio","authSubType":"IRIS","mandatory":true}],` +
		`"allowedKycAttributes":[{"attributeName":"fullName"},{"attributeName":"new"},{"attributeName":"another one"}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadingADataShareForm(t *testing.T) {
	t.Parallel()
	values := posted(formOf(t, KindDataShare, twoRows))
	values[FieldRow] = []string{"n7", "n7:source:n0", "n7:source:n0:filter:n12", "1", "1:source:0"}
	values["row:n7:attributeName"] = []string{"age"}
	values["row:n7:encrypted"] = []string{"false"}
	values["row:n7:source:n0:attribute"] = []string{"dateOfBirth"}
	values["row:n7:source:n0:filter:n12:type"] = []string{"T"}
	values["row:n7:source:n0:filter:n12:subType"] = []string{"a,b ,"}
	values["share:validForInMinutes"] = []string{" 45 "}
	delete(values, "row:1:format") // not posted: as it was
	f := read(t, KindDataShare, twoRows, values)
	want := twoRows[:strings.Index(twoRows, "        {")] + `        {
            "encrypted": false,
            "attributeName": "age",
            "source": [
                {"attribute": "dateOfBirth", "filter": [{"type": "T", "subType": ["a",  "b"]}]}
            ]
        },
` + twoRows[strings.LastIndex(twoRows, "        {\n"):]
	want = strings.Replace(want, "30", `"45"`, 1)
	want = strings.Replace(want, ` "filter": [{"type": "Face", "subType": ["Left",  "Right"]}],`, "", 1)
	if diff := cmp.Diff(want, applied(t, f, twoRows)); diff != "" {
		t.Error(diff)
	}
}

// An odd value stays until something is answered.
func TestOddValuesStayUntilTheyAreAnswered(t *testing.T) {
	t.Parallel()
	doc := `{"authTokenType":["policy"],"allowedAuthTypes":[{"authType":"otp","mandatory":"yes"}],"allowedKycAttributes":[]}`
	values := posted(formOf(t, KindAuth, doc))
	if got := applied(t, read(t, KindAuth, doc, values), doc); got != doc {
		t.Error(got)
	}
	values[FieldTokenType], values["way:otp"] = []string{"random"}, []string{WayRequired}
	want := `{"authTokenType":"random","allowedAuthTypes":[{"authType":"otp","mandatory":true}],"allowedKycAttributes":[]}`
	if got := applied(t, read(t, KindAuth, doc, values), doc); got != want {
		t.Error(got)
	}
}

func TestUPL4NoHostileFormIsRead(t *testing.T) {
	t.Parallel()
	auth := string(Samples(KindAuth)[0].Document)
	long := strings.Repeat("x", maxPosted+1)
	for _, c := range []struct {
		kind   Kind
		name   string
		values []string
	}{
		{KindAuth, FieldTokenType, []string{"a", "b"}},
		{KindAuth, FieldTokenType, []string{"\xff"}},
		{KindAuth, FieldTokenType, []string{long}},
		{KindAuth, "way:otp", []string{"perhaps"}},
		{KindAuth, "way:otp", []string{WayOdd}},
		{KindAuth, "way:otp", []string{""}},
		{KindAuth, FieldAttribute, []string{""}},
		{KindAuth, FieldAttribute, []string{"\xff"}},
		{KindAuth, FieldLanguage, []string{long}},
		{KindAuth, FieldLanguage, slices.Repeat([]string{"eng"}, MaxFormRows+100)},
		{KindAuth, FieldAddAttribute, []string{"a", "b"}},
		{KindDataShare, "share:shareDomain", []string{long}},
		{KindDataShare, "row:0:encrypted", []string{"on"}},
		{KindDataShare, FieldRow, []string{"0", "0"}},
		{KindDataShare, FieldRow, []string{"2"}},
		{KindDataShare, FieldRow, []string{"0", "0:source:1"}},
		{KindDataShare, FieldRow, []string{"1", "1:source:0", "1:source:0:filter:1"}},
		{KindDataShare, FieldRow, []string{"0:source:0", "0"}},
		{KindDataShare, FieldRow, []string{"-1"}},
		{KindDataShare, FieldRow, []string{"00"}},
		{KindDataShare, FieldRow, []string{"+0"}},
		{KindDataShare, FieldRow, []string{"n"}},
		{KindDataShare, FieldRow, []string{"n-1"}},
		{KindDataShare, FieldRow, []string{"nn1"}},
		{KindDataShare, FieldRow, []string{"99999999999999999999"}},
		{KindDataShare, FieldRow, []string{""}},
		{KindDataShare, FieldRow, []string{"0", "0:"}},
		{KindDataShare, FieldRow, []string{"0", "0:source"}},
		{KindDataShare, FieldRow, []string{"0", "0:filter:0"}},
		{KindDataShare, FieldRow, []string{"0", "0:source:0", "0:source:0:source:0"}},
		{KindDataShare, FieldRow, []string{"0", "0:source:0", "0:source:0:filter:n0", "0:source:0:filter:n0:filter:n0"}},
		{KindDataShare, FieldRow, slices.Repeat([]string{"n0"}, MaxFormRows+1)},
	} {
		doc := auth
		if c.kind == KindDataShare {
			doc = twoRows
		}
		values := posted(formOf(t, c.kind, doc))
		values[c.name] = c.values
		f, err := ReadForm(c.kind, []byte(doc), func(name string) []string { return values[name] }, DefaultVocabulary())
		if !errors.Is(err, ErrForm) {
			t.Errorf("%s = %.80q: %+v %v", c.name, c.values, f, err)
		}
	}
	none := func(string) []string { return nil }
	if _, err := ReadForm(KindAuth, []byte("{"), none, nil); !errors.Is(err, ErrForm) {
		t.Error(err)
	}
	if _, err := ReadForm("misp", []byte("{}"), none, nil); !errors.Is(err, ErrForm) {
		t.Error(err)
	}
}

func TestRowsAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	f := formOf(t, KindDataShare, twoRows)
	before := formOf(t, KindDataShare, twoRows)
	for _, path := range []string{"2", "n0", "0:source", "0:source:1", "1:source:0:filter:0", "x", ":", "0:source:0:"} {
		if _, ok := f.AddRow(path); ok {
			t.Errorf("added to %q", path)
		}
	}
	for _, path := range []string{"", "2", "0:source", "0:source:1", "1:source:0:filter:1", "10", "0:source:0:"} {
		if _, ok := f.RemoveRow(path); ok {
			t.Errorf("removed %q", path)
		}
	}
	g := f
	for _, path := range []string{"", "", "n1", "n1:source:n1", "n1:source:n1", "1:source:0"} {
		g = added(t, g, path)
	}
	for _, path := range []string{"1:source:0:filter:0", "n0", "n1:source:n0", "n1:source:n1:filter:n0"} {
		var ok bool
		if g, ok = g.RemoveRow(path); !ok {
			t.Errorf("%q is not removed", path)
		}
	}
	want := []string{"0", "0:source:0", "1", "1:source:0", "1:source:0:filter:n0", "n1", "n1:source:n1", "n1:source:n1:filter:n1"}
	if diff := cmp.Diff(want, posted(g)[FieldRow]); diff != "" {
		t.Error(diff)
	}
	g = added(t, g, "n1:source:n1") // a free number, not one that is taken
	if ids := posted(g)[FieldRow]; ids[len(ids)-1] != "n1:source:n1:filter:n0" {
		t.Error(ids)
	}
	if diff := cmp.Diff(before, f); diff != "" {
		t.Error("the form itself changed", diff)
	}
	for {
		next, ok := g.AddRow("")
		if !ok {
			break
		}
		g = next
	}
	if n := g.Share.rows(); n > MaxFormRows || n < MaxFormRows-1 {
		t.Error(n)
	}
	out := applied(t, read(t, KindDataShare, twoRows, posted(g)), twoRows)
	if again, ok := FormOf(KindDataShare, []byte(out), nil); !ok || again.TooLarge {
		t.Error("the fullest form has no form")
	}
	if _, ok := (Form{Kind: KindAuth}).AddRow(""); ok {
		t.Error("a row of an Auth policy")
	}
}

// The names of inputs survive a form post.
func TestFieldNamesAreDistinct(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, w := range [][2]string{{"a", ""}, {"a:b", ""}, {"a", "b"}, {"a%3Ab", ""}, {"a b", ""}, {"a+b", ""}, {"أ", "ب"}} {
		name := WayField(w[0], w[1])
		if names[name] || name != url.PathEscape(name) && strings.ContainsAny(name, " \"<>&") {
			t.Error(name)
		}
		names[name] = true
	}
}

// A name that was deprecated while somebody filled in the page still counts.
func TestWaysThatWentWhileTheFormWasFilledIn(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	terms := slices.Clone(Seed())
	for i := range terms {
		if terms[i].Name == "pin" || terms[i].Name == "FACE" {
			terms[i].Deprecated = &since
		}
	}
	values := map[string][]string{"way:pin": {WayOptional}, "way:bio:FACE": {WayRequired}, "way:otp": {WayNo}}
	f, err := ReadForm(KindAuth, nil, func(n string) []string { return values[n] }, NewVocabulary(terms))
	if err != nil {
		t.Fatal(err)
	}
	out := applied(t, f, "")
	if !strings.Contains(out, `"pin"`) || !strings.Contains(out, `"FACE"`) || strings.Contains(out, `"otp"`) {
		t.Error(out)
	}
}

// A text that is mostly white space does not grow with every entry.
func TestUPL4StyleDoesNotBlowUpADocument(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat(" ", 10_000) + "\n" + strings.Repeat(" ", 10_000)
	for _, row := range []string{`{§"attributeName"§:1,"source":[§]}`, `{§"attributeName"§:1,§"source"§:[§{§}§]§}§,{}`} {
		doc := strings.ReplaceAll(`{"shareableAttributes":[§`+row+`§]}`, "§", wide)
		f := formOf(t, KindDataShare, doc)
		for range 150 {
			f = added(t, f, "")
		}
		if out := applied(t, f, doc); len(out) > len(doc)+150*200 {
			t.Error(len(out), len(doc))
		}
	}
}
