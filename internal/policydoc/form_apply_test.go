package policydoc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every case is a text, a change of its form, and the text that must come out:
// each byte that the change does not speak of is where it was.
func TestChangesTouchTheirPlaceOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, doc string
		change    func(t *testing.T, f *Form)
		want      string
	}{
		{
			"a way in the siblings' style, keys in their order", `{
  "allowedAuthTypes": [
    {
      "authSubType": "",
      "authType": "otp",
      "mandatory" : false
    }
  ], "allowedKycAttributes": []  ,
  "authTokenType":"policy"
}
`,
			func(t *testing.T, f *Form) {
				f.Auth.way(t, "bio", "IRIS").State = WayRequired
				f.Auth.way(t, "kyc", "").State = WayOptional
			},
			`{
  "allowedAuthTypes": [
    {
      "authSubType": "",
      "authType": "otp",
      "mandatory" : false
    },
    {
      "authSubType": "IRIS",
      "authType": "bio",
      "mandatory" : true
    },
    {
      "authSubType": "",
      "authType": "kyc",
      "mandatory" : false
    }
  ], "allowedKycAttributes": []  ,
  "authTokenType":"policy"
}
`,
		},
		{
			"one-line entries in lines of their own, Windows' line ends, tabs",
			"{\r\n\t\"allowedAuthTypes\": [\r\n\t\t{ \"authType\": \"otp\", \"mandatory\": false }\r\n\t],\r\n\t\"allowedKycAttributes\": []\r\n}",
			func(t *testing.T, f *Form) {
				f.Auth.TokenType.Value = "random"
				f.Auth.way(t, "kyc", "").State = WayOptional
				pick(&f.Auth.Attributes, "fullName", true)
				pick(&f.Auth.Languages, "eng", true)
				pick(&f.Auth.Languages, "fra", true)
			},
			"{\r\n\t\"authTokenType\": \"random\",\r\n\t\"allowedAuthTypes\": [\r\n\t\t{ \"authType\": \"otp\", \"mandatory\": false },\r\n\t\t{ \"authType\": \"kyc\", \"mandatory\": false }\r\n\t]," +
				"\r\n\t\"allowedKycAttributes\": [\r\n\t\t{ \"attributeName\": \"fullName\" }\r\n\t],\r\n\t\"kycLanguages\": [\r\n\t\t\"eng\",\r\n\t\t\"fra\"\r\n\t]\r\n}",
		},
		{
			"all in one line", `{"allowedAuthTypes":[{"authType":"otp","mandatory":true}],"allowedKycAttributes":[],"kycLanguages":["eng"]}`,
			func(t *testing.T, f *Form) {
				f.Auth.way(t, "otp", "").State = WayOptional
				f.Auth.way(t, "kyc", "").State = WayOptional
				pick(&f.Auth.Attributes, "fullName", true)
				pick(&f.Auth.Attributes, "email", true)
				pick(&f.Auth.Languages, "fra", true)
			},
			`{"allowedAuthTypes":[{"authType":"otp","mandatory":false},{"authType":"kyc","mandatory":false}],"allowedKycAttributes":[{"attributeName":"fullName"},{"attributeName":"email"}],"kycLanguages":["eng","fra"]}`,
		},
		{
			"the last language takes its key along",
			`{"authTokenType":"policy", "kycLanguages":["eng","eng"],  "allowedAuthTypes":[ ], "allowedKycAttributes":[]}`,
			func(_ *testing.T, f *Form) { pick(&f.Auth.Languages, "eng", false) },
			`{"authTokenType":"policy",  "allowedAuthTypes":[ ], "allowedKycAttributes":[]}`,
		},
		{
			"an odd language keeps the key", `{"allowedAuthTypes":[],"allowedKycAttributes":[],"kycLanguages":["eng", 5]}`,
			func(_ *testing.T, f *Form) { pick(&f.Auth.Languages, "eng", false) },
			`{"allowedAuthTypes":[],"allowedKycAttributes":[],"kycLanguages":[5]}`,
		},
		{
			"off takes all entries of a name, whatever is between them", `{"allowedAuthTypes":[],
"allowedKycAttributes":[ {"attributeName":"a"},{"attributeName":"b", "x":1}, 7,{"attributeName":"\u0061"},
{"attributeName":"c"} ]}`,
			func(_ *testing.T, f *Form) { pick(&f.Auth.Attributes, "a", false) },
			`{"allowedAuthTypes":[],
"allowedKycAttributes":[ {"attributeName":"b", "x":1}, 7,
{"attributeName":"c"} ]}`,
		},
		{
			"all off", "{\"allowedAuthTypes\":[],\n\"allowedKycAttributes\":[\n {\"attributeName\":\"a\"}\n]}",
			func(_ *testing.T, f *Form) { pick(&f.Auth.Attributes, "a", false) },
			"{\"allowedAuthTypes\":[],\n\"allowedKycAttributes\":[]}",
		},
		{
			"indented as the rest is", "{\n    \"authTokenType\": \"policy\"\n}",
			func(t *testing.T, f *Form) { f.Auth.way(t, "otp", "").State = WayRequired },
			"{\n    \"authTokenType\": \"policy\",\n    \"allowedAuthTypes\": [\n        {\n            \"authType\": \"otp\",\n            \"mandatory\": true\n        }\n    ],\n    \"allowedKycAttributes\": []\n}",
		},
		{
			"all off, others on", "{\"allowedAuthTypes\":[],\n\"allowedKycAttributes\":[\n {\"attributeName\":\"a\"},\n {\"attributeName\":\"b\"}\n]}",
			func(_ *testing.T, f *Form) {
				pick(&f.Auth.Attributes, "a", false)
				pick(&f.Auth.Attributes, "b", false)
				pick(&f.Auth.Attributes, "c", true)
			},
			"{\"allowedAuthTypes\":[],\n\"allowedKycAttributes\":[\n {\"attributeName\":\"c\"}\n]}",
		},
		{
			"an odd way is answered at last", `{"allowedAuthTypes":[{"authType":"otp","x":1},{"mandatory":"yes", "authType":"otp"},{"authType":"otp","mandatory":true}],"allowedKycAttributes":[]}`,
			func(t *testing.T, f *Form) { f.Auth.way(t, "otp", "").State = WayRequired },
			`{"allowedAuthTypes":[{"authType":"otp","mandatory":true,"x":1},{"mandatory":true, "authType":"otp"},{"authType":"otp","mandatory":true}],"allowedKycAttributes":[]}`,
		},
		{
			"an empty text becomes a document", " \r\n", func(t *testing.T, f *Form) {
				f.Auth.TokenType.Value = "policy"
				f.Auth.way(t, "otp", "").State = WayOptional
			},
			"{\r\n  \"authTokenType\": \"policy\",\r\n  \"allowedAuthTypes\": [\r\n    {\r\n      \"authType\": \"otp\",\r\n      \"mandatory\": false\r\n    }\r\n  ],\r\n  \"allowedKycAttributes\": []\r\n}\r\n",
		},
		{
			"a text of the wrong form gives way to an answer", `{"authTokenType":["policy"],"allowedAuthTypes":null,"allowedKycAttributes":{},"kycLanguages":"eng"}`,
			func(t *testing.T, f *Form) {
				f.Auth.TokenType.Value = "say \"no\"\t<\\>\u2028é"
				f.Auth.way(t, "otp", "").State = WayOptional
				pick(&f.Auth.Languages, "fra", true)
			},
			`{"authTokenType":"say \"no\"\t<\\>\u2028é","allowedAuthTypes":[{"authType":"otp","mandatory":false}],"allowedKycAttributes":{},"kycLanguages":["fra"]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := formOf(t, KindAuth, c.doc)
			c.change(t, &f)
			if diff := cmp.Diff(c.want, applied(t, f, c.doc)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const twoRows = `{
    "dataSharePolicies": {"validForInMinutes": 30, "protocol": "https",
        "source": "Print"},
    "shareableAttributes": [
        {
            "attributeName": "fullName", "source": [{"attribute": "fullName"}],
            "encrypted": true
        },
        {
            "encrypted": true,
            "attributeName": "face",
            "source": [
                {"attribute": "individualBiometrics", "filter": [{"type": "Face", "subType": ["Left",  "Right"]}], "y": 0}
            ],
            "format": "extraction"
        }
    ]
}`

func TestChangesOfADataSharePolicy(t *testing.T) {
	t.Parallel()
	edit := func(doc string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Count(doc, pairs[i]) != 1 {
				t.Fatalf("%q is there %d times", pairs[i], strings.Count(doc, pairs[i]))
			}
			doc = strings.Replace(doc, pairs[i], pairs[i+1], 1)
		}
		return doc
	}
	for _, c := range []struct {
		name   string
		change func(f *Form)
		edits  []string
	}{
		{"nothing", func(*Form) {}, nil},
		{"a count as the format wants it", func(f *Form) { f.Share.Minutes.Value = "60" }, []string{"30", `"60"`}},
		{"a count that is none", func(f *Form) { f.Share.Minutes.Value = "abc" }, []string{"30", `"abc"`}},
		{"an optional key goes", func(f *Form) { f.Share.Protocol.Value = "" }, []string{` "protocol": "https",`, ""}},
		{"a required one stays", func(f *Form) { f.Share.Source.Value = "" }, []string{`"Print"`, `""`}},
		{"a key where the schema has it", func(f *Form) { f.Share.Domain.Value = "a.example" }, []string{
			"30, ", "30,\n        \"shareDomain\": \"a.example\", ",
		}},
		{"a key in its row", func(f *Form) {
			f.Share.Attributes[0].Group.Value = "CBEFF"
			f.Share.Attributes[1].Group.Value = "CBEFF"
		}, []string{
			`"attributeName": "fullName",`, "\"attributeName\": \"fullName\",\n            \"group\": \"CBEFF\",",
			"\"face\",\n", "\"face\",\n            \"group\": \"CBEFF\",\n",
		}},
		{"the last key of a row goes", func(f *Form) { f.Share.Attributes[1].Format.Value = "" }, []string{
			",\n            \"format\": \"extraction\"", "",
		}},
		{"a sub-type more", func(f *Form) { f.Share.Attributes[1].Sources[0].Filters[0].SubTypes.Value = "Left, Middle, Right" }, []string{
			`"Left",  `, `"Left",  "Middle",  `,
		}},
		{"no sub-types", func(f *Form) { f.Share.Attributes[1].Sources[0].Filters[0].SubTypes.Value = " , " }, []string{
			`, "subType": ["Left",  "Right"]`, "",
		}},
		{"the last filter takes its key along", func(f *Form) { f.Share.Attributes[1].Sources[0].Filters = nil }, []string{
			` "filter": [{"type": "Face", "subType": ["Left",  "Right"]}],`, "",
		}},
		{"no source", func(f *Form) { f.Share.Attributes[0].Sources = nil }, []string{`[{"attribute": "fullName"}]`, "[]"}},
		{"a row of each level", func(f *Form) {
			*f = added(t, *f, "")
			*f = added(t, *f, "n0:source:n0")
			*f = added(t, *f, "1:source:0")
			*f = added(t, *f, "0")
			*f = added(t, *f, "0:source:0")
			f.Share.Attributes[0].Sources[0].Filters[0].Language.Value = "eng"
		}, []string{
			`[{"attribute": "fullName"}]`, `[{"attribute": "fullName", "filter": [{"language": "eng"}]}, {"attribute": ""}]`,
			`"Right"]}]`, `"Right"]}, {}]`,
			"\"extraction\"\n        }", "\"extraction\"\n        },\n        {\n            \"encrypted\": true,\n            \"attributeName\": \"\",\n            \"source\": [" +
				"\n                {\"attribute\": \"\", \"filter\": [{}]}\n            ]\n        }",
		}},
		{"the first row goes", func(f *Form) { *f, _ = f.RemoveRow("0") }, []string{`
        {
            "attributeName": "fullName", "source": [{"attribute": "fullName"}],
            "encrypted": true
        },`, ""}},
		{"a row between", func(f *Form) {
			rows := added(t, *f, "").Share.Attributes
			rows[2].Name.Value, rows[2].Encrypted.Value = "age", ""
			f.Share.Attributes = []AttributeRow{rows[0], rows[2], rows[1]}
		}, []string{
			"true\n        },", "true\n        },\n        {\n            \"attributeName\": \"age\",\n            \"source\": [\n                {\"attribute\": \"\"}\n            ]\n        },",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := formOf(t, KindDataShare, twoRows)
			c.change(&f)
			if diff := cmp.Diff(edit(twoRows, c.edits...), applied(t, f, twoRows)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What cannot be shown keeps its place and its spelling beside what is changed.
func TestChangesBesideOddValues(t *testing.T) {
	t.Parallel()
	const doc = `{"dataSharePolicies":{},"shareableAttributes":[{"attributeName":"a","source":[{"attribute":"b","filter":[{"subType":["\u0061",   "b" ,"c", "d"]}]}]},{"attributeName":"x"},7]}`
	f := formOf(t, KindDataShare, doc)
	filter := &f.Share.Attributes[0].Sources[0].Filters[0]
	filter.SubTypes.Value = "a ,b,, c,d"
	if got := applied(t, f, doc); got != doc {
		t.Error(got)
	}
	filter.SubTypes.Value = "a, b, new, d"
	f, _ = f.RemoveRow("1")
	f = added(t, f, "")
	want := strings.Replace(doc, `"b" ,"c", "d"`, `"b", "new", "d"`, 1)
	want = strings.Replace(want, `{"attributeName":"x"},7`, `7,{"attributeName":"","source":[{"attribute":""}],"encrypted":true}`, 1)
	if diff := cmp.Diff(want, applied(t, f, doc)); diff != "" {
		t.Error(diff)
	}
	for _, odd := range []string{`"\ud800"`, `"a\nb"`, `"\u0085"`, `"` + strings.Repeat("x", MaxTextBytes+1) + `"`, "1e5", "null"} {
		f := formOf(t, KindDataShare, strings.Replace(doc, `"a"`, odd, 1))
		if got := f.Share.Attributes[0].Name; got.Value != "" || got.Odd == "" {
			t.Errorf("%.20s: %+v", odd, got)
		}
	}
	for _, odd := range []string{`" a"`, `""`, "1", `"a\nb"`} {
		doc := strings.Replace(doc, `"\u0061"`, odd, 1)
		f := formOf(t, KindDataShare, doc)
		filter := &f.Share.Attributes[0].Sources[0].Filters[0]
		got := filter.SubTypes
		if filter.SubTypes.Value = " , "; applied(t, f, doc) != doc {
			t.Errorf("%.20s: nothing was answered, and it is gone", odd)
		}
		if got.Value != "" || got.Odd == "" {
			t.Errorf("%.20s: %+v", odd, got)
		}
	}
}

// A document that is written from nothing looks like the samples.
func TestDocumentsFromNothing(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			for _, empty := range []string{"", "\n", "{}\n"} {
				f := formOf(t, k, string(s.Document))
				for i := range f.Share.Attributes {
					a := &f.Share.Attributes[i]
					a.Origin = -1
					for j := range a.Sources {
						a.Sources[j].Origin = -1
						for l := range a.Sources[j].Filters {
							a.Sources[j].Filters[l].Origin = -1
						}
					}
				}
				got := applied(t, f, empty)
				if k == KindDataShare {
					if diff := cmp.Diff(string(s.Document), got); diff != "" {
						t.Errorf("%s %q: %s", s.ID, empty, diff)
					}
					continue
				}
				// Ways and attributes come in the order of the vocabulary.
				if len(got) != len(s.Document) || Check(k, []byte(got), testAround).Errors > 0 {
					t.Errorf("%s %q: %s", s.ID, empty, got)
				}
			}
		}
	}
}

func TestFormsOfOtherDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	auth := `{"allowedAuthTypes":[{"authType":"otp","mandatory":true}],"allowedKycAttributes":[]}`
	for name, change := range map[string]func(f *Form){
		"unknown state": func(f *Form) { f.Auth.Ways[0].State = "perhaps" },
		"odd":           func(f *Form) { f.Auth.Ways[0].State = WayOdd },
		"way twice":     func(f *Form) { f.Auth.Ways = append(f.Auth.Ways, f.Auth.Ways[0]) },
		"no way":        func(f *Form) { f.Auth.Ways[0].Type = "" },
		"pick twice":    func(f *Form) { f.Auth.Attributes = []Pick{{"a", true}, {"a", false}} },
		"no name":       func(f *Form) { f.Auth.Languages = []Pick{{"", true}} },
		"no UTF-8":      func(f *Form) { f.Auth.TokenType.Value = "\xff" },
		"pick no UTF-8": func(f *Form) { f.Auth.Languages = []Pick{{"\xff", true}} },
		"too large":     func(f *Form) { f.Auth.TokenType.Value = strings.Repeat("x", MaxBytes) },
		"no kind":       func(f *Form) { f.Kind = "misp" },
	} {
		f := formOf(t, KindAuth, auth)
		change(&f)
		if out, err := f.Apply([]byte(auth)); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
	for name, change := range map[string]func(s *ShareForm){
		"places changed":   func(s *ShareForm) { s.Attributes[0], s.Attributes[1] = s.Attributes[1], s.Attributes[0] },
		"there twice":      func(s *ShareForm) { s.Attributes[1] = s.Attributes[0] },
		"not there":        func(s *ShareForm) { s.Attributes[1].Origin = 2 },
		"source not there": func(s *ShareForm) { s.Attributes[1].Sources[0].Origin = 1 },
		"filter not there": func(s *ShareForm) { s.Attributes[1].Sources[0].Filters[0].Origin = 1 },
		"no flag":          func(s *ShareForm) { s.Attributes[1].Encrypted.Value = "yes" },
	} {
		f := formOf(t, KindDataShare, twoRows)
		change(&f.Share)
		if out, err := f.Apply([]byte(twoRows)); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}
