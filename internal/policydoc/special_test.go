package policydoc

import (
	"slices"
	"testing"
)

// sharing shares one thing under a name.
func sharing(name, source string, filters ...Filter) Meaning {
	return Meaning{Kind: KindDataShare, Share: ShareMeaning{
		TypeOfShare: Said{Name: "Data Share"},
		Attributes:  []SharedAttribute{{Name: name, Encrypted: true, Sources: []Source{{Attribute: source, Filters: filters}}}},
	}}
}

// Special data stays so behind a path and under another name: changes of it need
// the second person, and nobody is told that it is not received.
func TestSpecialDataBehindAPathOrAnotherName(t *testing.T) {
	t.Parallel()
	v := DefaultVocabulary()
	for source, hidden := range map[string][]string{
		"CNIE/verification/biometrics": {"biometrics", "individualBiometrics", "face"},
		"individualBiometrics":         {"biometrics", "individualBiometrics", "face"},
		"a/b/photo":                    {"photo"},
	} {
		m := sharing("doc1", source)
		for _, change := range append(Compare(Meaning{Kind: KindDataShare}, m, v), Compare(sharing("doc1", "gender"), m, v)...) {
			if (change.Aspect == AspectAttribute || change.Aspect == AspectSource && change.Class == Widens) && !change.Special {
				t.Errorf("%s: %+v", source, change)
			}
		}
		marked := false
		for _, s := range Sentences(m, v) {
			marked = marked || s.Part == Gets && s.Special
			for _, arg := range s.Args {
				for _, n := range arg.Names {
					if s.Part == NotGets && slices.Contains(hidden, n.Name) {
						t.Errorf("%s: it says that %s is not received", source, n.Name)
					}
				}
			}
		}
		if !marked {
			t.Errorf("%s: no sentence is marked", source)
		}
	}
	for _, s := range Sentences(sharing("doc1", "individualBiometrics", Filter{Type: "Finger", SubTypes: []string{"Left Thumb"}}), v) {
		for _, arg := range s.Args {
			if s.Part == NotGets && !slices.ContainsFunc(arg.Names, func(n Name) bool { return n.Name == "face" }) {
				t.Error("of fingers alone the face is not received")
			}
		}
	}
}
