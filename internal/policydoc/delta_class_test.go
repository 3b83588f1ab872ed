package policydoc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown writes a delta in a line for each change: "widens* attribute: → photo".
func shown(d Delta) string {
	var b strings.Builder
	for _, c := range d {
		special := ""
		if c.Special {
			special = "*"
		}
		fmt.Fprintf(&b, "%s%s %s", c.Class, special, c.Aspect)
		if c.Subject != "" {
			fmt.Fprintf(&b, " of %s", c.Subject)
		}
		fmt.Fprintf(&b, ": %s → %s\n", c.From, c.To)
	}
	return strings.NewReplacer(valueEnd, ",", fieldEnd, "/").Replace(b.String())
}

func TestClassesOfAnAuthPolicy(t *testing.T) {
	t.Parallel()
	base := func() AuthMeaning {
		return AuthMeaning{
			TokenType: Said{Name: "partner"}, Ways: []Way{{Type: "otp"}, {Type: "bio", SubType: "IRIS"}},
			Attributes: []Said{{Name: "fullName"}}, Languages: []Said{{Name: "eng"}},
		}
	}
	for _, c := range []struct {
		change func(a *AuthMeaning)
		want   string
	}{
		{func(a *AuthMeaning) { a.TokenType.Name = "policy" }, "widens token_type: partner → policy\n"},
		{func(a *AuthMeaning) { a.TokenType.Name = "random" }, "narrows token_type: partner → random\n"},
		{func(a *AuthMeaning) { a.Ways = a.Ways[:1] }, "narrows* way: bio/IRIS → \n"},
		{func(a *AuthMeaning) { a.Ways = append(a.Ways, Way{Type: "pin"}) }, "widens way:  → pin/\n"},
		{func(a *AuthMeaning) { a.Ways[1].SubType = "" }, "widens* way: bio/IRIS → bio/\n"},
		{func(a *AuthMeaning) { a.Ways[0].Mandatory = true }, "narrows required:  → otp/\n"},
		{func(a *AuthMeaning) { a.Ways = append(a.Ways, Way{Type: "bio", SubType: "IRIS"}) }, ""},
		{func(a *AuthMeaning) { a.Attributes = append(a.Attributes, Said{Name: "photo"}) }, "widens* attribute:  → photo\n"},
		{func(a *AuthMeaning) { a.Languages = nil }, "widens language: language/eng → language/\n"},
		{func(a *AuthMeaning) { a.Languages = append(a.Languages, Said{Name: "fra"}) }, "widens language:  → language/fra\n"},
		{func(a *AuthMeaning) { a.Languages[0].Name = "fra" }, "widens language:  → language/fra\nnarrows language: language/eng → \n"},
	} {
		a, b := Meaning{Kind: KindAuth, Auth: base()}, Meaning{Kind: KindAuth, Auth: base()}
		c.change(&b.Auth)
		if diff := cmp.Diff(c.want, shown(Compare(a, b, DefaultVocabulary()))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// Requiring any kind of biometrics is less than requiring one of them.
func TestRequiringOneKindIsMoreThanAny(t *testing.T) {
	t.Parallel()
	with := func(sub string) Meaning {
		return Meaning{Kind: KindAuth, Auth: AuthMeaning{TokenType: Said{Name: "random"}, Ways: []Way{{Type: "bio"}, {Type: "bio", SubType: sub, Mandatory: true}}}}
	}
	if got := shown(Compare(with(""), with("IRIS"), DefaultVocabulary())); got != "narrows* required: bio/ → bio/IRIS\n" {
		t.Error(got)
	}
}

func TestClassesOfADataSharePolicy(t *testing.T) {
	t.Parallel()
	base := func() ShareMeaning {
		return ShareMeaning{
			TypeOfShare: Said{Name: "Data Share"}, Encryption: Said{Name: "Partner Based"}, Domain: Said{Name: "a.example"},
			Source: Said{Name: "Print"}, Protocol: Said{Name: "https"}, ValidMinutes: 30, Transactions: 2,
			Attributes: []SharedAttribute{
				{Name: "age", Encrypted: true, Sources: []Source{{Attribute: "age"}}},
				{Name: "biometrics", Encrypted: true, Group: "CBEFF", Format: "extraction", Sources: []Source{{
					Attribute: "individualBiometrics", Filters: []Filter{{Type: "Finger", SubTypes: []string{"L", "R"}}, {Type: "Iris"}},
				}}},
			},
		}
	}
	for _, c := range []struct {
		change func(s *ShareMeaning)
		want   string
	}{
		{func(s *ShareMeaning) { s.ValidMinutes = 60 }, "widens minutes: 30 → 60\n"},
		{func(s *ShareMeaning) { s.Transactions = 1 }, "narrows times: 2 → 1\n"},
		{func(s *ShareMeaning) { s.Encryption.Name = "none" }, "widens encryption: Partner Based → none\n"},
		{func(s *ShareMeaning) { s.Protocol.Name = "http" }, "widens protocol: https → http\n"},
		{func(s *ShareMeaning) { s.Protocol.Name = "" }, "widens protocol: https → \n"},
		{func(s *ShareMeaning) { s.Domain.Name = "b.example" }, "widens host:  → b.example\nnarrows host: a.example → \n"},
		{func(s *ShareMeaning) { s.Source.Name = "own" }, "widens origin:  → own\nnarrows origin: Print → \n"},
		{func(s *ShareMeaning) { s.TypeOfShare.Name = "direct" }, "widens share_type:  → direct\nnarrows share_type: Data Share → \n"},
		{func(s *ShareMeaning) { s.Attributes = s.Attributes[:1] }, "narrows* attribute: biometrics,source/individualBiometrics,part/Finger/L/,part/Finger/R/,part/Iris//,format/extraction → \n"},
		{func(s *ShareMeaning) { s.Attributes[0].Encrypted = false }, "widens plain of age:  → plain\n"},
		{func(s *ShareMeaning) { s.Attributes[0].Format = "YYYY" }, "narrows format of age: format/ → format/YYYY\n"},
		{func(s *ShareMeaning) { s.Attributes[0].Group = "own" }, "neutral group of age:  → own\n"},
		{func(s *ShareMeaning) { s.Attributes[0].Sources[0].Attribute = "photo" }, "widens* source of age:  → photo\nnarrows source of age: age → \n"},
		{func(s *ShareMeaning) { s.Attributes[1].Sources[0].Filters = nil }, "widens* part of biometrics/individualBiometrics: Finger/L/,Finger/R/,Iris// → //\n"},
		{func(s *ShareMeaning) { s.Attributes[1].Sources[0].Filters[0].SubTypes = []string{"L"} }, "narrows* part of biometrics/individualBiometrics: Finger/R/ → \n"},
		{func(s *ShareMeaning) { s.Attributes[1].Sources[0].Filters[0].SubTypes = nil }, "widens* part of biometrics/individualBiometrics: Finger/L/,Finger/R/ → Finger//\n"},
		{func(s *ShareMeaning) { s.Attributes[1].Sources[0].Filters[1].Language = "eng" }, "narrows* part of biometrics/individualBiometrics: Iris// → Iris//eng\n"},
	} {
		a, b := Meaning{Kind: KindDataShare, Share: base()}, Meaning{Kind: KindDataShare, Share: base()}
		c.change(&b.Share)
		if diff := cmp.Diff(c.want, shown(Compare(a, b, DefaultVocabulary()))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// Two entries of one attribute that change their formats between them let the
// partner see more, although every source and format was there before.
func TestWhatWidensDoesNotHideInTheOtherEntry(t *testing.T) {
	t.Parallel()
	with := func(first, second string) Meaning {
		entry := func(source, format string) SharedAttribute {
			return SharedAttribute{Name: "birth", Encrypted: true, Format: format, Sources: []Source{{Attribute: source}}}
		}
		return Meaning{Kind: KindDataShare, Share: ShareMeaning{Attributes: []SharedAttribute{entry("a", first), entry("b", second)}}}
	}
	d := Compare(with("YYYY", ""), with("", "YYYY"), nil)
	if d.Class() != Widens || len(d) != 2 {
		t.Error(shown(d))
	}
	if !slices.ContainsFunc(d, func(c Change) bool { return c.Class == Narrows }) {
		t.Error(shown(d))
	}
}

// The first document of a kind widens in everything but what it requires.
func TestTheFirstVersionWidens(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			m, _ := Understand(k, s.Document)
			for _, c := range Compare(Meaning{Kind: k}, m, DefaultVocabulary()) {
				if c.From != "" || (c.Class == Widens) == (c.Aspect == AspectRequired || c.Aspect == AspectGroup) {
					t.Errorf("%s: %+v", s.ID, c)
				}
			}
		}
	}
}
