package policy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portal/internal/policy"
	"portal/internal/policydoc"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The documents of the table: a line each, so that lines can be counted.
const (
	authDoc = `{"authTokenType": "policy", "allowedAuthTypes": [
{"authType": "otp-request", "mandatory": false},
{"authType": "otp", "mandatory": false},
{"authType": "bio", "authSubType": "IRIS", "mandatory": false},
{"authType": "bio", "authSubType": "FACE", "mandatory": false},
{"authType": "kyc", "mandatory": false}
], "allowedKycAttributes": [
{"attributeName": "fullName"},
{"attributeName": "photo"}
], "kycLanguages": [
"eng",
"ara"]}`
	strictDoc = `{"authTokenType": "partner", "allowedAuthTypes": [
{"authType": "bio", "authSubType": "", "mandatory": true},
{"authType": "otp", "mandatory": true},
{"authType": "otp", "mandatory": false},
{"authType": "bio", "authSubType": "IRIS", "mandatory": true},
{"authType": "kycexchange", "mandatory": false}
], "allowedKycAttributes": [
{"attributeName": "email"}
]}`
	plainDoc = `{"authTokenType": "random", "allowedAuthTypes": [
{"authType": "otp", "mandatory": false}
], "allowedKycAttributes": [
{"attributeName": "city"}
]}`
	shareDoc = `{"dataSharePolicies": {"typeOfShare": "direct", "validForInMinutes": "5", "transactionsAllowed": "1",
"encryptionType": "none", "shareDomain": "example.org", "source": "Print"}, "shareableAttributes": [
{"attributeName": "name", "source": [{"attribute": "fullName"}], "encrypted": false},
{"attributeName": "born", "source": [{"attribute": "dateOfBirth"}], "encrypted": true, "format": "YYYY"}
]}`
)

func understand(t testing.TB, kind policydoc.Kind, doc string) policydoc.Meaning {
	t.Helper()
	m, ok := policydoc.Understand(kind, []byte(doc))
	if !ok {
		t.Fatalf("the document has errors: %+v", policydoc.Check(kind, []byte(doc), policydoc.Around{}).Findings)
	}
	return m
}

// ask writes a question as words: a way "otp" or "bio:IRIS", data "+fullName", a
// language "@eng".
func ask(words string) (q policy.Question) {
	for word := range strings.FieldsSeq(words) {
		switch word[0] {
		case '+':
			q.Attributes = append(q.Attributes, word[1:])
		case '@':
			q.Languages = append(q.Languages, word[1:])
		default:
			way, kind, _ := strings.Cut(word, ":")
			q.Ways = append(q.Ways, policy.Use{Type: way, SubType: kind})
		}
	}
	return q
}

// told writes reasons as words, "code item line" each.
func told(a policy.Answer) string {
	var out []string
	for _, r := range a.Reasons {
		item := r.Item
		if r.Kind != "" {
			item += ":" + r.Kind
		}
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %d", r.Code, item, r.Line)), " "))
	}
	return strings.Join(out, ", ")
}

func TestDecide(t *testing.T) {
	t.Parallel()
	auth, strict := understand(t, policydoc.KindAuth, authDoc), understand(t, policydoc.KindAuth, strictDoc)
	plain, share := understand(t, policydoc.KindAuth, plainDoc), understand(t, policydoc.KindDataShare, shareDoc)
	for _, tc := range []struct {
		m       policydoc.Meaning
		ask     string
		allowed bool
		want    string
	}{
		// Ways.
		{auth, "otp", true, "way_allowed otp 3"},
		{auth, "otp-request", true, "way_allowed otp-request 2"},
		{auth, "otp-request otp", true, "way_allowed otp-request 2, way_allowed otp 3"},
		{auth, "otp otp-request otp", true, "way_allowed otp 3, way_allowed otp-request 2"},
		{auth, "bio:IRIS", true, "way_allowed bio:IRIS 4"},
		{auth, "bio:FACE bio:IRIS", true, "way_allowed bio:FACE 5, way_allowed bio:IRIS 4"},
		{auth, "bio:FINGER", false, "way_kind_not_allowed bio:FINGER 4"},
		{auth, "bio:iris", false, "way_kind_not_allowed bio:iris 4"},
		{auth, "bio", false, "way_kind_not_allowed bio 4"},
		{auth, "otp:IRIS", true, "way_allowed otp:IRIS 3"},
		{auth, "pin", false, "way_not_allowed pin 0"},
		{auth, "OTP", false, "way_not_allowed OTP 0"},
		{auth, "otp pin", false, "way_allowed otp 3, way_not_allowed pin 0"},
		{auth, "", false, "way_missing 0"},
		// What is required.
		{strict, "otp bio:IRIS", true, "way_allowed otp 3, way_allowed bio:IRIS 5"},
		{strict, "otp bio:IRIS bio:FACE", true, "way_allowed otp 3, way_allowed bio:IRIS 5, way_allowed bio:FACE 2"},
		{strict, "otp bio:FACE", false, "way_allowed otp 3, way_allowed bio:FACE 2, way_required_missing bio:IRIS 5"},
		{strict, "otp bio", false, "way_allowed otp 3, way_allowed bio 2, way_required_missing bio:IRIS 5"},
		{strict, "otp", false, "way_allowed otp 3, way_required_missing bio 2, way_required_missing bio:IRIS 5"},
		{strict, "bio:IRIS", false, "way_allowed bio:IRIS 5, way_required_missing otp 3"},
		{strict, "", false, "way_missing 0, way_required_missing bio 2, way_required_missing otp 3, way_required_missing bio:IRIS 5"},
		{strict, "pin", false, "way_not_allowed pin 0, way_required_missing bio 2, way_required_missing otp 3, way_required_missing bio:IRIS 5"},
		// Data.
		{auth, "otp kyc +fullName", true, "way_allowed otp 3, way_allowed kyc 6, attribute_granted fullName 8"},
		{auth, "kyc +photo +fullName +photo", true, "way_allowed kyc 6, attribute_granted photo 9, attribute_granted fullName 8"},
		{auth, "kyc +phone", false, "way_allowed kyc 6, attribute_not_granted phone 0"},
		{auth, "kyc +phone +photo", false, "way_allowed kyc 6, attribute_not_granted phone 0, attribute_granted photo 9"},
		{auth, "kyc +fullname", false, "way_allowed kyc 6, attribute_not_granted fullname 0"},
		{auth, "otp +fullName", false, "way_allowed otp 3, attribute_granted fullName 8, data_way_not_used kyc 6"},
		{auth, "otp kycexchange +photo", false, "way_allowed otp 3, way_not_allowed kycexchange 0, attribute_granted photo 9, data_way_not_used kyc 6"},
		{auth, "+photo", false, "way_missing 0, attribute_granted photo 9, data_way_not_used kyc 6"},
		{strict, "otp bio:IRIS kycexchange +email", true, "way_allowed otp 3, way_allowed bio:IRIS 5, way_allowed kycexchange 6, attribute_granted email 8"},
		{plain, "otp +city", false, "way_allowed otp 2, attribute_granted city 4, data_way_not_allowed 0"},
		{plain, "otp kyc +city", false, "way_allowed otp 2, way_not_allowed kyc 0, attribute_granted city 4, data_way_not_allowed 0"},
		{plain, "otp", true, "way_allowed otp 2"},
		// Languages.
		{auth, "kyc +fullName @eng", true, "way_allowed kyc 6, attribute_granted fullName 8, language_granted eng 11"},
		{auth, "kyc +fullName @ara @eng", true, "way_allowed kyc 6, attribute_granted fullName 8, language_granted ara 12, language_granted eng 11"},
		{auth, "kyc +fullName @fra", false, "way_allowed kyc 6, attribute_granted fullName 8, language_not_granted fra 0"},
		{auth, "otp @fra", false, "way_allowed otp 3, language_not_granted fra 0"},
		{plain, "otp @fra", true, "way_allowed otp 2, language_open fra 0"},
		// Data share.
		{share, "+name", true, "attribute_granted name 3"},
		{share, "+born +name", true, "attribute_granted born 4, attribute_granted name 3"},
		{share, "+fullName", false, "attribute_not_granted fullName 0"}, // its source, not what the partner calls it
		{share, "", false, "nothing_asked 0"},
		{share, "otp +name", false, "way_not_allowed otp 0, attribute_granted name 3"},
		{share, "+name @eng", false, "attribute_granted name 3, language_not_granted eng 0"},
		// No policy at all.
		{policydoc.Meaning{}, "otp kyc +name @eng", false, "way_not_allowed otp 0, way_not_allowed kyc 0, attribute_not_granted name 0, language_not_granted eng 0"},
		{policydoc.Meaning{Kind: policydoc.KindAuth}, "otp", false, "way_not_allowed otp 0"},
		{policydoc.Meaning{}, "", false, "nothing_asked 0"},
	} {
		got := policy.Decide(tc.m, ask(tc.ask))
		if got.Allowed != tc.allowed || told(got) != tc.want {
			t.Errorf("%q: allowed %v because\n%s, want %v because\n%s", tc.ask, got.Allowed, told(got), tc.allowed, tc.want)
		}
	}
}

// peopleDay is the day on which the made-up people are looked at.
var peopleDay = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// The people keep their ages whatever the day: born and age agree, and the minor
// stays one.
func TestPeopleGrowNoOlder(t *testing.T) {
	t.Parallel()
	for _, today := range []string{"2026-01-01", "2026-01-02", "2026-06-01", "2031-12-31", "2048-02-29"} {
		day, err := time.Parse(time.DateOnly, today)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range policy.People(day) {
			born, err := time.Parse("2006/01/02", p.Values["dateOfBirth"][0].Text)
			if err != nil {
				t.Fatal(err)
			}
			age := day.Year() - born.Year()
			if born.AddDate(age, 0, 0).After(day) {
				age--
			}
			if got := p.Values["age"][0].Text; got != strconv.Itoa(age) || p.ID == policy.Minor && age != 11 {
				t.Errorf("%s on %s: born %s, age %s", p.ID, today, born.Format(time.DateOnly), got)
			}
		}
	}
}

// TestReleasedToPeople shows what is handed over of the made-up people under
// several policies.
func TestReleasedToPeople(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind policydoc.Kind
		name string
	}{
		{policydoc.KindAuth, "know_your_customer"},
		{policydoc.KindAuth, "single_sign_on"},
		{policydoc.KindDataShare, "few_data"},
		{policydoc.KindDataShare, "card_printing"},
		{policydoc.KindDataShare, "duplicate_search"},
		{policydoc.KindDataShare, "own_names"},
	} {
		var doc []byte
		if sample, ok := policydoc.SampleByID(tc.kind, tc.name); ok {
			doc = sample.Document
		} else {
			var err error
			if doc, err = os.ReadFile(filepath.Join("testdata", "people", tc.name+".json")); err != nil {
				t.Fatal(err)
			}
		}
		m := understand(t, tc.kind, string(doc))
		got := map[string]policy.Answer{}
		for _, p := range policy.People(peopleDay, m) {
			q := policy.Everything(m)
			q.Person = &p
			got[p.ID] = policy.Decide(m, q)
		}
		text, err := json.MarshalIndent(got, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "people", tc.name+".golden.json")
		if *update {
			if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
			t.Errorf("%s (if it is meant, run with -update):\n%s", path, diff)
		}
	}
}

// TestPeopleHaveTheVocabulary holds that the adult has a value for every
// attribute that installations start with, and that the others lack only what
// they are there to lack.
func TestPeopleHaveTheVocabulary(t *testing.T) {
	t.Parallel()
	lacks := map[string]string{policy.Minor: "phone email"}
	for _, p := range policy.People(peopleDay) {
		var missing []string
		for _, name := range policydoc.DefaultVocabulary().Names(policydoc.Attributes) {
			if len(p.Values[name]) == 0 {
				missing = append(missing, name)
			}
		}
		if got := strings.Join(missing, " "); got != lacks[p.ID] {
			t.Errorf("%s lacks %q, want %q", p.ID, got, lacks[p.ID])
		}
		for _, v := range p.Values["fullName"] {
			if p.ID == policy.ArabicOnly && v.Language != "ara" {
				t.Errorf("%s has a name in %s", p.ID, v.Language)
			}
		}
	}
}

// BenchmarkDecide asks for everything of documents that grow tenfold: the time
// has to grow with them and no faster.
func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{40, 400, 4000} {
		m := policydoc.Meaning{Kind: policydoc.KindAuth}
		m.Auth.Ways = []policydoc.Way{{Type: "kyc", Line: 1}}
		for i := range n {
			name := fmt.Sprintf("own%d", i)
			m.Auth.Ways = append(m.Auth.Ways, policydoc.Way{Type: name, Mandatory: true, Line: i})
			m.Auth.Attributes = append(m.Auth.Attributes, policydoc.Said{Name: name, Line: i})
			m.Auth.Languages = append(m.Auth.Languages, policydoc.Said{Name: name, Line: i})
		}
		q := policy.Everything(m)
		q.Person = &policy.People(peopleDay, m)[0]
		b.Run(fmt.Sprintf("%d_attributes", n), func(b *testing.B) {
			for b.Loop() {
				if !policy.Decide(m, q).Allowed {
					b.Fatal("refused")
				}
			}
		})
	}
}
