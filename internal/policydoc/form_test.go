package policydoc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// formOf is the form of a text that has one.
func formOf(t testing.TB, kind Kind, doc string) Form {
	t.Helper()
	f, ok := FormOf(kind, []byte(doc), DefaultVocabulary())
	if !ok || f.TooLarge {
		t.Fatalf("no form of %.2000q", doc)
	}
	return f
}

func applied(t testing.TB, f Form, doc string) string {
	t.Helper()
	out, err := f.Apply([]byte(doc))
	if err != nil {
		t.Fatalf("%v: %.2000q", err, doc)
	}
	return string(out)
}

// posted is what a browser sends for a form that nobody touched.
func posted(f Form) map[string][]string {
	out := make(map[string][]string)
	put := func(questions []question, field func(string) string) {
		for _, q := range questions {
			out[field(q.key)] = []string{q.answer.Value}
		}
	}
	in := func(id string) func(string) string {
		out[FieldRow] = append(out[FieldRow], id)
		return func(key string) string { return RowField(id, key) }
	}
	switch f.Kind {
	case KindAuth:
		put(f.Auth.questions(), func(string) string { return FieldTokenType })
		for _, w := range f.Auth.Ways {
			out[w.Field()] = []string{w.State}
		}
		out[FieldAttribute], out[FieldLanguage] = chosen(f.Auth.Attributes), chosen(f.Auth.Languages)
		out[FieldAddAttribute], out[FieldAddLanguage] = []string{""}, []string{""}
	case KindDataShare:
		put(f.Share.questions(), ShareField)
		for _, a := range f.Share.Attributes {
			put(a.questions(), in(a.ID))
			for _, s := range a.Sources {
				put(s.questions(), in(s.ID))
				for _, l := range s.Filters {
					put(l.questions(), in(l.ID))
				}
			}
		}
	}
	return out
}

func chosen(picks []Pick) []string {
	var out []string
	for _, p := range picks {
		if p.On {
			out = append(out, p.Name)
		}
	}
	return out
}

func read(t testing.TB, kind Kind, doc string, values map[string][]string) Form {
	t.Helper()
	f, err := ReadForm(kind, []byte(doc), func(name string) []string { return values[name] }, DefaultVocabulary())
	if err != nil {
		t.Fatalf("%v: %v", err, values)
	}
	return f
}

func (f *AuthForm) way(t testing.TB, typ, sub string) *WayAnswer {
	t.Helper()
	for i, w := range f.Ways {
		if w.Type == typ && w.SubType == sub {
			return &f.Ways[i]
		}
	}
	t.Fatalf("no way %s %s", typ, sub)
	return nil
}

func pick(picks *[]Pick, name string, on bool) {
	for i, p := range *picks {
		if p.Name == name {
			(*picks)[i].On = on
			return
		}
	}
	*picks = append(*picks, Pick{name, on})
}

func added(t testing.TB, f Form, path string) Form {
	t.Helper()
	f, ok := f.AddRow(path)
	if !ok {
		t.Fatalf("no row can be added to %q", path)
	}
	return f
}

func TestFormOfAnAuthPolicy(t *testing.T) {
	t.Parallel()
	doc := `{"authTokenType": 5, "x": [1], "allowedAuthTypes": [
		{"authType":"bio","authSubType":"IRIS","mandatory":true}, {"authType":"own way","authSubType":"","mandatory":false,"since":2020},
		{"authType":"otp","mandatory":true}, {"authType":"otp","authSubType":"","mandatory":false}, {"authType":"pin"}, {"authType":7}],
		"allowedKycAttributes": [{"attributeName":"ownName"}, {"attributeName":"fullName"}, "email"], "kycLanguages": "eng"}`
	f := formOf(t, KindAuth, doc)
	if diff := cmp.Diff(Answer{Odd: "5"}, f.Auth.TokenType); diff != "" {
		t.Error(diff)
	}
	for _, want := range []WayAnswer{
		{Type: "bio", SubType: "IRIS", State: WayRequired, Origins: []int{0}},
		{Type: "bio", State: WayNo},
		{Type: "bio", SubType: "FACE", State: WayNo},
		{Type: "kyc", State: WayNo},
		{Type: "own way", State: WayOptional, Origins: []int{1}},
		{Type: "otp", State: WayOdd, Origins: []int{2, 3}, Raw: `{"authType":"otp","authSubType":"","mandatory":false}`},
		{Type: "pin", State: WayOdd, Origins: []int{4}, Raw: `{"authType":"pin"}`},
	} {
		if diff := cmp.Diff(want, *f.Auth.way(t, want.Type, want.SubType)); diff != "" {
			t.Error(diff)
		}
	}
	if got := strings.Join(chosen(f.Auth.Attributes), " "); got != "fullName ownName" {
		t.Error(got)
	}
	if len(f.Auth.Languages) != len(DefaultVocabulary().Names(Languages)) || chosen(f.Auth.Languages) != nil {
		t.Error(f.Auth.Languages)
	}
	expectOthers(t, f.Others, `/allowedAuthTypes/1/since 2020`, `/allowedAuthTypes/5 {"authType":7}`, `/allowedKycAttributes/2 "email"`,
		`/kycLanguages "eng"`, `/x [1]`)
}

func expectOthers(t *testing.T, others []Other, want ...string) {
	t.Helper()
	var got []string
	for _, o := range others {
		got = append(got, Finding{Path: o.Path}.Pointer()+" "+o.Raw)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormOfADataSharePolicy(t *testing.T) {
	t.Parallel()
	doc := `{"dataSharePolicies":{"typeOfShare":"direct","validForInMinutes":30,"transactionsAllowed":"2","source":null,"why":""},
		"shareableAttributes":[1,{"attributeName":"a","attributeName":"b","source":[{"attribute":"c","filter":[
			{"type":"Finger","subType":["Left, Thumb","x\\y"],"x":0},{"subType":[1]},[]]},2],"encrypted":true,"format":"YYYY"},
			{"group":"","encrypted":"true","source":{}}]}`
	f := formOf(t, KindDataShare, doc)
	missing := Answer{Missing: true}
	want := ShareForm{
		TypeOfShare: Answer{Value: "direct"}, Minutes: Answer{Value: "30"}, Transactions: Answer{Value: "2"}, Encryption: missing,
		Domain: missing, Source: Answer{Odd: "null"}, Protocol: missing,
		Attributes: []AttributeRow{
			{
				ID: "1", Origin: 1, Name: Answer{Value: "a"}, Group: missing, Format: Answer{Value: "YYYY"}, Encrypted: Answer{Value: "true"},
				Sources: []SourceRow{{
					ID: "1:source:0", Attribute: Answer{Value: "c"},
					Filters: []FilterRow{
						{ID: "1:source:0:filter:0", Type: Answer{Value: "Finger"}, SubTypes: Answer{Value: `Left\, Thumb, x\\y`}, Language: missing},
						{ID: "1:source:0:filter:1", Origin: 1, Type: missing, SubTypes: Answer{Odd: "[1]"}, Language: missing},
					},
				}},
			},
			{ID: "2", Origin: 2, Name: missing, Group: Answer{}, Format: missing, Encrypted: Answer{Odd: `"true"`}},
		},
	}
	rows := f.Share.Attributes
	expectOthers(t, f.Others, `/dataSharePolicies/why ""`, `/shareableAttributes/0 1`)
	expectOthers(t, rows[0].Others, `/shareableAttributes/1/attributeName "b"`, `/shareableAttributes/1/source/1 2`)
	expectOthers(t, rows[0].Sources[0].Others, `/shareableAttributes/1/source/0/filter/2 []`)
	expectOthers(t, rows[0].Sources[0].Filters[0].Others, `/shareableAttributes/1/source/0/filter/0/x 0`)
	expectOthers(t, rows[1].Others, `/shareableAttributes/2/source {}`)
	rows[0].Others, rows[1].Others, rows[0].Sources[0].Others, rows[0].Sources[0].Filters[0].Others = nil, nil, nil, nil
	if diff := cmp.Diff(want, f.Share); diff != "" {
		t.Error(diff)
	}
}

// What cannot be followed without doubt is no form: its positions would lie.
func TestNoFormOfAnUnreadableText(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		"[]", "null", `"x"`, "{", `{"a":1,}`, `{"a":1 "b":2}`, "{} x", "// x\n{}", "\uFEFF{}", "{\"a\":\"\xff\"}", `{'a':1}`,
		"{}" + strings.Repeat(" ", MaxBytes), strings.Repeat(" ", MaxBytes+1), `{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + "}",
		"{\x00}", "{\u00a0}",
	} {
		for _, kind := range Kinds() {
			if f, ok := FormOf(kind, []byte(doc), nil); ok {
				t.Errorf("%.60q: %+v", doc, f)
			}
			if _, err := (Form{Kind: kind}).Apply([]byte(doc)); err == nil {
				t.Errorf("%.60q: applied", doc)
			}
		}
	}
	if _, ok := FormOf("misp", []byte("{}"), nil); ok {
		t.Error("a kind that does not exist")
	}
}

func TestFormsAreLimited(t *testing.T) {
	t.Parallel()
	lists := map[Kind]string{
		KindAuth:      `{"allowedAuthTypes":[§{"authType":"otp","mandatory":true}],"allowedKycAttributes":[§{"attributeName":"x"}],"kycLanguages":[§"eng"]}`,
		KindDataShare: `{"shareableAttributes":[§{"source":[§{"filter":[§{}]}]}]}`,
	}
	entries := map[string]int{`{"authType":"otp","mandatory":true},`: 0, `{"attributeName":"x"},`: 0, `"eng",`: 0, "{},": 0, `{"source":[{}]},`: 0, "1,": 0}
	for kind, doc := range lists {
		small := formOf(t, kind, strings.ReplaceAll(doc, "§", ""))
		if small.TooLarge {
			t.Error("three rows are too many")
		}
		for entry := range entries {
			for at := range 3 {
				long := doc
				for i := range 3 {
					more := ""
					if i == at {
						more = strings.Repeat(entry, MaxFormRows-2)
					}
					long = strings.Replace(long, "§", more, 1)
				}
				f, ok := FormOf(kind, []byte(long), DefaultVocabulary())
				if diff := cmp.Diff(Form{Kind: kind, TooLarge: true}, f); diff != "" || !ok {
					t.Errorf("%d × %s: %v %s", MaxFormRows-2, entry, ok, diff)
				}
				if _, err := f.Apply([]byte(long)); err == nil {
					t.Error("applied")
				}
			}
		}
	}
}

func TestJoinedNamesAreReadAgain(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{nil, {"a"}, {"Left Thumb", "Right Thumb"}, {"a,b", `c\`, `\,`, "d"}, {`\\`, "، "[:2]}} {
		if diff := cmp.Diff(names, SplitNames(JoinNames(names))); diff != "" {
			t.Error(diff)
		}
	}
	if got := SplitNames(" ,a,, b ,"); len(got) != 2 || got[1] != "b" {
		t.Errorf("%q", got)
	}
	if got := SplitNames(`a\`); got[0] != `a\` {
		t.Errorf("%q", got)
	}
}

// A finding leads to the control that it is about.
func TestFieldsOfFindings(t *testing.T) {
	t.Parallel()
	pointer := func(s string) (path []Step) {
		for part := range strings.SplitSeq(strings.TrimPrefix(s, "/"), "/") {
			i, err := strconv.Atoi(part)
			path = append(path, Step{Key: part, Index: i, Item: err == nil})
		}
		return path
	}
	auth := formOf(t, KindAuth, `{"allowedAuthTypes":[7,{"authType":"bio","authSubType":"IRIS","mandatory":true},{"authType":"bio","authSubType":"IRIS"}]}`)
	share := formOf(t, KindDataShare, twoRows)
	for at, want := range map[string]string{
		"/authTokenType":                                     FieldTokenType,
		"/allowedAuthTypes/2/mandatory":                      "way:bio:IRIS",
		"/allowedAuthTypes/1":                                "way:bio:IRIS",
		"/allowedAuthTypes/0":                                "",
		"/allowedAuthTypes":                                  "",
		"/allowedKycAttributes/0":                            FieldAttribute,
		"/kycLanguages":                                      FieldLanguage,
		"/x":                                                 "",
		"/dataSharePolicies/source":                          "share:source",
		"/dataSharePolicies/x":                               "",
		"/dataSharePolicies":                                 "",
		"/shareableAttributes":                               "",
		"/shareableAttributes/1":                             "row:1:attributeName",
		"/shareableAttributes/2":                             "",
		"/shareableAttributes/1/format":                      "row:1:format",
		"/shareableAttributes/1/x":                           "row:1:attributeName",
		"/shareableAttributes/1/source":                      "row:1:attributeName",
		"/shareableAttributes/1/source/0":                    "row:1:source:0:attribute",
		"/shareableAttributes/1/source/0/filter/0/subType/1": "row:1:source:0:filter:0:subType",
		"/shareableAttributes/1/source/0/filter/7":           "row:1:source:0:attribute",
	} {
		f := auth
		if strings.Contains(at, "hare") {
			f = share
		}
		if got := f.FieldAt(pointer(at)); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	if got := share.FieldAt(nil); got != "" {
		t.Error(got)
	}
}
