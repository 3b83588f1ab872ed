package policydoc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNeighboursAreCompared(t *testing.T) {
	t.Parallel()
	share, around := entries(3)
	auth := []byte(strings.Replace(withName(`"fullName"`), `}]}`, `},{"attributeName":"gender"},{"attributeName":"city"}]}`, 1))
	for _, c := range []struct {
		policies, most int
		want           bool
	}{{2, 2, true}, {5, 0, true}, {2, 3, false}, {1, 2, false}, {0, 0, false}} {
		around.Neighbours = Neighbours{c.policies, c.most}
		for kind, doc := range map[Kind][]byte{KindAuth: auth, KindDataShare: share} {
			r := Check(kind, doc, Around{Neighbours: around.Neighbours})
			if found := strings.Contains(showAll(r.Findings), "hint "+map[Kind]string{KindAuth: "AP", KindDataShare: "DS"}[kind]+"-401"); found != c.want {
				t.Errorf("%s, %d policies with at most %d: %t\n%s", kind, c.policies, c.most, found, showAll(r.Findings))
			}
			if c.want && (r.Findings[0].Args[1] != 3 || r.Findings[0].Args[3] != c.most) {
				t.Errorf("%v", r.Findings[0].Args)
			}
		}
	}
}

func TestDeprecatedNamesAreTold(t *testing.T) {
	t.Parallel()
	terms := slices.Clone(Seed())
	since := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range terms {
		switch terms[i].Name {
		case "photo", "kyc", "YYYY", "Print", "Face", "IRIS", "fra":
			terms[i].Deprecated = &since
		}
	}
	around := Around{Vocabulary: NewVocabulary(terms)}
	auth := `{"authTokenType":"partner","allowedAuthTypes":[{"authType":"kyc","mandatory":false},{"authType":"bio","authSubType":"IRIS","mandatory":false}],` +
		`"allowedKycAttributes":[{"attributeName":"photo"},{"attributeName":"phot"}],"kycLanguages":["fra"]}`
	r := Check(KindAuth, []byte(auth), around)
	got := showAll(r.Findings)
	if strings.Count(got, "warning AP-216 deprecated") != 4 || r.Findings[0].Args[3] != "2026-03-01" {
		t.Error(got)
	}
	if !strings.Contains(got, "AP-206 attribute /allowedKycAttributes/1") {
		t.Errorf("what should not be used is suggested: %s", got)
	}
	s, _ := SampleByID(KindDataShare, "few_data")
	doc := strings.NewReplacer(`"ID Repository"`, `"Print"`, `"attribute": "fullName"`, `"attribute": "x/photo", "filter": [{"type": "Face", "language": "fra"}]`).Replace(string(s.Document))
	got = showAll(Check(KindDataShare, []byte(doc), around).Findings)
	if strings.Count(got, "warning DS-216 deprecated") != 5 {
		t.Error(got)
	}
}

// Without a vocabulary nothing is said about names, nor about the care that
// they need.
func TestNoVocabularyNoWordAboutNames(t *testing.T) {
	t.Parallel()
	for kind, doc := range map[Kind]string{
		KindAuth: `{"authTokenType":"policy","allowedAuthTypes":[{"authType":"kcy","authSubType":"","mandatory":false},{"authType":"bio","authSubType":"nose","mandatory":false},` +
			`{"authType":"kyc","mandatory":false}],"allowedKycAttributes":[{"attributeName":"photo"},{"attributeName":"addressLine1"},{"attributeName":"fulName"}],"kycLanguages":["xyz"]}`,
		KindDataShare: `{"dataSharePolicies":{"typeOfShare":"Data Share","validForInMinutes":"30","transactionsAllowed":"2","encryptionType":"none","shareDomain":"a","source":"x"},` +
			`"shareableAttributes":[{"attributeName":"photo","source":[{"attribute":"fase","filter":[{"type":"Noes"}]}],"encrypted":false,"format":"x"}]}`,
	} {
		for _, v := range []*Vocabulary{nil, NewVocabulary(nil)} {
			if r := Check(kind, []byte(doc), Around{Vocabulary: v}); len(r.Findings) > 0 {
				t.Errorf("%s: %s", kind, showAll(r.Findings))
			}
		}
	}
}

func TestGuessKind(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			if got, ok := GuessKind(s.Document); got != k || !ok {
				t.Errorf("%s: %q %t", s.ID, got, ok)
			}
			if got, ok := GuessKind(s.Document[:60]); got != k || !ok {
				t.Errorf("half of %s: %q %t", s.ID, got, ok)
			}
		}
	}
	for _, doc := range []string{"", "{}", "null", "authTokenType dataSharePolicies"} {
		if got, ok := GuessKind([]byte(doc)); ok {
			t.Errorf("%q is %s", doc, got)
		}
	}
}

// However many findings a text has, the first of them are shown and all of them
// are counted, but for values of the wrong form far behind the first hundred,
// which count as one each.
func TestFindingsAreCountedBehindTheLimits(t *testing.T) {
	t.Parallel()
	many := func(n int, entry string) []byte {
		return []byte(`{"authTokenType":"partner","allowedAuthTypes":[{"authType":"kyc","mandatory":false}],"allowedKycAttributes":[` +
			strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]}")
	}
	for _, c := range []struct {
		entry         string
		errors, notes int // for 3,000 entries
	}{
		{`{"attributeName":"fullName"}`, 0, 2999},
		{`7`, 3000, 0},
		{`{"attributeName":7}`, 3000, 0},
		{`{"attributeName":"fulName"}`, 0, 3000 + 2999},
		{`{"attributeName":"a",}`, maxKept + 1, 0}, // the text is not read to its end
	} {
		r := Check(KindAuth, many(3000, c.entry), testAround)
		if r.Errors != c.errors || r.Notes != c.notes || len(r.Findings) != MaxFindings+1 {
			t.Errorf("%s: %d errors, %d notes, %d shown", c.entry, r.Errors, r.Notes, len(r.Findings))
		}
		if last := r.Findings[MaxFindings]; last.Args[1] != c.errors+c.notes-MaxFindings {
			t.Errorf("%s: %v", c.entry, last.Args)
		}
	}
	var keys strings.Builder
	for i := range 500 {
		fmt.Fprintf(&keys, `"x%d":1,`, i)
	}
	// The faults of the entry stand before the unknown keys around it.
	doc := strings.Replace(withName(`7`), "}]}", "}],"+strings.TrimSuffix(keys.String(), ",")+"}", 1)
	r := Check(KindAuth, []byte(doc), testAround)
	if r.Errors != 501 || r.Findings[0].Code != "AP-103" || r.Findings[1].Code != "AP-101" {
		t.Errorf("%d errors, first %s", r.Errors, show(r.Findings[0]))
	}
}
