package policydoc

import (
	"strings"
	"testing"
	"unicode"
)

// Whoever reads another language than the description was written in sees one
// all the same.
func TestDescriptionsInEveryLanguage(t *testing.T) {
	t.Parallel()
	v := NewVocabulary([]Term{
		{Family: Formats, Name: "all", Descriptions: map[string]string{"en": "e", "fr": "f", "ar": "a"}},
		{Family: Formats, Name: "french", Descriptions: map[string]string{"fr": "f", "ar": "a"}},
		{Family: Formats, Name: "arabic", Descriptions: map[string]string{"en": "", "ar": "a"}},
		{Family: Formats, Name: "none"},
	})
	for name, want := range map[string]string{"all": "efae", "french": "ffaf", "arabic": "aaaa", "none": "", "unknown": ""} {
		got := ""
		for _, lang := range []string{"en", "fr", "ar", "xx"} {
			got += v.Description(lang, Formats, name)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if (*Vocabulary)(nil).Description("en", Formats, "all") != "" {
		t.Error("an empty vocabulary describes a name")
	}
}

// Latin words stand apart in the Arabic of the seed, and quotes are those of the
// language.
func TestSeedIsSetInItsLanguages(t *testing.T) {
	t.Parallel()
	for _, term := range Seed() {
		if text := term.Descriptions["fr"]; strings.ContainsAny(text, `"'“”`) || strings.Contains(text, "« ") || strings.Contains(text, " :") {
			t.Errorf("%s: %q", term.Name, text)
		}
		apart := false
		for _, r := range term.Descriptions["ar"] {
			switch {
			case r == '\u2066':
				apart = true
			case r == '\u2069':
				apart = false
			case unicode.Is(unicode.Latin, r) != apart && unicode.IsLetter(r):
				t.Errorf("%s: %q stands wrong in %q", term.Name, r, term.Descriptions["ar"])
			}
		}
	}
}

// A name is looked for as it stands, slashes and all; only a source may be a path
// to it.
func TestSourceResolvesPaths(t *testing.T) {
	t.Parallel()
	v := NewVocabulary([]Term{
		{Family: Attributes, Name: "photo", Sensitivity: Special},
		{Family: Attributes, Name: "card/photo", Sensitivity: Personal},
		{Family: Formats, Name: "dd/MM/yyyy"},
		{Family: Sources, Name: "own/store"},
		{Family: AuthTypes, Name: "otp/sms"},
	})
	for source, want := range map[string]string{
		"photo": "photo", "CNIE/verification/photo": "photo", "card/photo": "card/photo", "x/card/photo": "photo",
		"photo/": "", "x/other": "", "": "", "/": "",
	} {
		if got, ok := v.Source(source); got.Name != want || ok != (want != "") {
			t.Errorf("%q: %q %t, want %q", source, got.Name, ok, want)
		}
	}
	if !v.SpecialSource("a/photo") || v.SpecialSource("card/photo") || v.SpecialSource("a/b") || (*Vocabulary)(nil).SpecialSource("photo") {
		t.Error("special")
	}
	share := `{"dataSharePolicies":{"typeOfShare":"Data Share","validForInMinutes":"30","transactionsAllowed":"2","encryptionType":"Partner Based","shareDomain":"a","source":"own/store"},` +
		`"shareableAttributes":[{"attributeName":"card/photo","source":[{"attribute":"card/photo"}],"encrypted":true,"format":"dd/MM/yyyy"}]}`
	auth := `{"authTokenType":"partner","allowedAuthTypes":[{"authType":"otp/sms","mandatory":false}],"allowedKycAttributes":[{"attributeName":"card/photo"}]}`
	for kind, doc := range map[Kind]string{KindDataShare: share, KindAuth: auth} {
		for _, f := range Check(kind, []byte(doc), Around{Vocabulary: v}).Findings {
			if f.Code[3] == '2' {
				t.Errorf("%s: %s", kind, show(f))
			}
		}
	}
}
