package policydoc

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamplesHaveNoFindings(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		samples := Samples(k)
		if len(samples) != 3 {
			t.Errorf("%s: %d samples", k, len(samples))
		}
		for _, s := range samples {
			if got := showAll(Check(k, s.Document).Findings); got != "" {
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

func TestSummaryOfAnAuthPolicy(t *testing.T) {
	t.Parallel()
	doc := `{"authTokenType":"partner","kycLanguages":["eng","ara"],
		"allowedAuthTypes":[{"authType":"bio","authSubType":"IRIS","mandatory":false},{"authType":"otp","authSubType":"","mandatory":true},
			{"authType":"bio","authSubType":"FACE","mandatory":false},{"authType":"bio","authSubType":"FINGER","mandatory":true},
			{"authType":"bio","mandatory":false},{"authType":"own-way","mandatory":false}],
		"allowedKycAttributes":[{"attributeName":"fullName"},{"attributeName":"ownName"}]}`
	want := Summary{Kind: KindAuth, Auth: AuthSummary{
		TokenType: "partner",
		AuthTypes: []AuthType{
			{Name: "bio", SubTypes: []string{"IRIS", "FACE"}},
			{Name: "otp", Mandatory: true},
			{Name: "bio", Mandatory: true, SubTypes: []string{"FINGER"}},
			{Name: "bio"},
			{Name: "own-way"},
		},
		Attributes: []string{"fullName", "ownName"},
		Languages:  []string{"eng", "ara"},
	}}
	got, ok := Summarize(KindAuth, []byte(doc))
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
}

func TestSummaryOfADataSharePolicy(t *testing.T) {
	t.Parallel()
	s, _ := SampleByID(KindDataShare, "duplicate_search")
	want := Summary{Kind: KindDataShare, Share: ShareSummary{
		TypeOfShare: "Data Share", EncryptionType: "Partner Based", Domain: "datashare.example.org",
		Source: "Packet Manager", Protocol: "https", ValidMinutes: 30, TransactionsLimit: 2,
		Attributes: []SharedAttribute{{
			Name: "biometrics", Group: "CBEFF", Format: "extraction", Encrypted: true,
			Sources: []Source{{Attribute: "individualBiometrics", Filters: []Filter{
				{Type: "Iris"},
				{Type: "Finger", SubTypes: []string{"Left Thumb", "Right Thumb", "Left IndexFinger", "Right IndexFinger"}},
				{Type: "Face"},
			}}},
		}},
	}}
	got, ok := Summarize(KindDataShare, s.Document)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
}

func TestNoSummaryOfAFaultyDocument(t *testing.T) {
	t.Parallel()
	if _, ok := Summarize(KindAuth, []byte(withName(`""`))); ok {
		t.Error("half a policy looks like a whole one")
	}
}

func TestLabelsOfUnknownNames(t *testing.T) {
	t.Parallel()
	if key, ok := AuthTypeKey("otp-request"); key != "policydoc.auth_type.otp_request" || !ok {
		t.Error(key, ok)
	}
	if key, ok := AttributeKey("ownName"); key != "" || ok {
		t.Error(key, ok)
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
