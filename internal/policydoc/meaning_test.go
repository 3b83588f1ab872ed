package policydoc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testAround is what the documents of the tests are judged by.
var testAround = Around{Vocabulary: DefaultVocabulary()}

func TestSamplesHaveNoFindings(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		samples := Samples(k)
		if len(samples) != 3 {
			t.Errorf("%s: %d samples", k, len(samples))
		}
		for _, s := range samples {
			if got := showAll(Check(k, s.Document, testAround).Findings); got != "" {
				t.Errorf("%s: %s", s.ID, got)
			}
			var tidy bytes.Buffer
			if err := json.Indent(&tidy, bytes.TrimSpace(s.Document), "", "  "); err != nil || tidy.String()+"\n" != string(s.Document) {
				t.Errorf("%s is not indented by two: %v", s.ID, err)
			}
			if found, ok := SampleByID(k, s.ID); !ok || found.TitleKey != s.TitleKey {
				t.Errorf("%s is not found", s.ID)
			}
			s.Document[0] = 'x'
			if again, _ := SampleByID(k, s.ID); again.Document[0] != '{' {
				t.Error("a caller changed a sample for everybody")
			}
		}
	}
	if _, ok := SampleByID(KindAuth, "few_data"); ok {
		t.Error("a sample of the other kind")
	}
}

func TestMeaningOfAnAuthPolicy(t *testing.T) {
	t.Parallel()
	doc := `{"authTokenType":"partner","kycLanguages":["eng","ara"],
		"allowedAuthTypes":[{"authType":"bio","authSubType":"IRIS","mandatory":false},{"authType":"otp","authSubType":"","mandatory":true},
			{"authType":"own-way","mandatory":false}],
		"allowedKycAttributes":[{"attributeName":"fullName"},{"attributeName":"ownName"}]}`
	want := Meaning{Kind: KindAuth, Auth: AuthMeaning{
		TokenType:  Said{"partner", 1},
		Ways:       []Way{{"bio", "IRIS", false, 2}, {"otp", "", true, 2}, {"own-way", "", false, 3}},
		Attributes: []Said{{"fullName", 4}, {"ownName", 4}},
		Languages:  []Said{{"eng", 1}, {"ara", 1}},
	}}
	got, ok := Understand(KindAuth, []byte(doc))
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
}

func TestMeaningOfADataSharePolicy(t *testing.T) {
	t.Parallel()
	s, _ := SampleByID(KindDataShare, "duplicate_search")
	want := Meaning{Kind: KindDataShare, Share: ShareMeaning{
		TypeOfShare: Said{"Data Share", 3}, Encryption: Said{"Partner Based", 6}, Domain: Said{"datashare.example.org", 7},
		Source: Said{"Packet Manager", 8}, Protocol: Said{"https", 9}, ValidMinutes: 30, MinutesLine: 4, Transactions: 2, TimesLine: 5,
		Attributes: []SharedAttribute{{
			Name: "biometrics", Line: 13, Group: "CBEFF", Format: "extraction", Encrypted: true,
			Sources: []Source{{Attribute: "individualBiometrics", Line: 17, Filters: []Filter{
				{Type: "Iris"},
				{Type: "Finger", SubTypes: []string{"Left Thumb", "Right Thumb", "Left IndexFinger", "Right IndexFinger"}},
				{Type: "Face"},
			}}},
		}},
	}}
	got, ok := Understand(KindDataShare, s.Document)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
}

func TestNoMeaningOfAFaultyDocument(t *testing.T) {
	t.Parallel()
	if _, ok := Understand(KindAuth, []byte(withName(`""`))); ok {
		t.Error("half a policy looks like a whole one")
	}
}

// Every seed term can be shown in every language, and is there once.
func TestSeedIsWhole(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, term := range Seed() {
		id := string(term.Family) + " " + term.Name
		if seen[id] || term.Name == "" || !slices.Contains(Families(), term.Family) || !slices.Contains(Sensitivities(), term.Sensitivity) {
			t.Errorf("%+v", term)
		}
		seen[id] = true
		for _, lang := range languages {
			if _, ok := DefaultVocabulary().Label(lang, term.Family, term.Name); !ok {
				t.Errorf("%s has no label in %s", id, lang)
			}
		}
	}
	if label, ok := DefaultVocabulary().Label("en", Attributes, "ownName"); label != "ownName" || ok {
		t.Error(label, ok)
	}
	var none *Vocabulary
	if _, ok := none.Label("en", Attributes, "fullName"); ok || none.Names(Attributes) != nil || none.Special(Attributes, "photo") {
		t.Error("an empty vocabulary knows something")
	}
}

func TestSchemasAreReadable(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		if s := string(Schema(k)); !strings.Contains(s, "2020-12") || !json.Valid([]byte(s)) {
			t.Errorf("%s: %.100s", k, s)
		}
	}
}
