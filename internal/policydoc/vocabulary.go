package policydoc

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// Family says where in documents the names of a vocabulary stand.
type Family string

// The families. What the schemas fix (types of token, ways of sharing,
// encryption, protocol) is no vocabulary: those have messages.
const (
	Attributes  Family = "attribute"       // personal data: "fullName"
	AuthTypes   Family = "auth_type"       // ways of authenticating: "otp"
	SubTypes    Family = "sub_type"        // kinds of biometrics of an Auth policy: "IRIS"
	Sources     Family = "source"          // where shared data comes from: "ID Repository"
	Formats     Family = "format"          // of a shared attribute: "YYYY"
	FilterTypes Family = "filter_type"     // a part of a shared attribute: "Finger"
	FilterSubs  Family = "filter_sub_type" // what of that part: "Left Thumb"
	Languages   Family = "language"        // of data: "eng"
)

// Families lists every family, in the order of the page that maintains them.
func Families() []Family {
	return []Family{Attributes, AuthTypes, SubTypes, Sources, Formats, FilterTypes, FilterSubs, Languages}
}

// Key is the message that names a family.
func (f Family) Key() string { return "policydoc.family." + string(f) }

// Sensitivity says how much care a term needs.
type Sensitivity string

// The sensitivities, from the least.
const (
	Ordinary Sensitivity = "ordinary"
	Personal Sensitivity = "personal"
	Special  Sensitivity = "special" // photo, biometrics and the like
)

// Sensitivities lists all of them, from the least.
func Sensitivities() []Sensitivity { return []Sensitivity{Ordinary, Personal, Special} }

// Key is the message that names a sensitivity.
func (s Sensitivity) Key() string { return "policydoc.sensitivity." + string(s) }

// Term is one name that documents may use.
type Term struct {
	Family       Family
	Name         string            // as documents write it
	Labels       map[string]string // what people call it, by language of the portal
	Descriptions map[string]string // for those who write policies, by language; one that has none is absent
	Sensitivity  Sensitivity
	Deprecated   *time.Time // since when it should not be used any more; nil: it may be used
}

// Vocabulary is the names that a deployment uses. It never changes once made,
// and nil is an empty one that knows no name.
type Vocabulary struct {
	terms map[Family]map[string]*Term
	names map[Family][]string
}

// NewVocabulary makes a vocabulary of terms, in their order.
func NewVocabulary(terms []Term) *Vocabulary {
	v := &Vocabulary{terms: make(map[Family]map[string]*Term), names: make(map[Family][]string)}
	for _, t := range terms {
		if v.terms[t.Family] == nil {
			v.terms[t.Family] = make(map[string]*Term)
		}
		v.terms[t.Family][t.Name] = &t
		if t.Deprecated == nil {
			v.names[t.Family] = append(v.names[t.Family], t.Name)
		}
	}
	return v
}

// Term finds a name, one that is deprecated too.
func (v *Vocabulary) Term(f Family, name string) (Term, bool) {
	if t := v.term(f, name); t != nil {
		return *t, true
	}
	return Term{}, false
}

// term is Term without a copy: long documents ask for thousands of names.
func (v *Vocabulary) term(f Family, name string) *Term {
	if v == nil {
		return nil
	}
	return v.terms[f][name]
}

// Names are the names of a family that may be used, in the vocabulary's order.
// The caller does not change them.
func (v *Vocabulary) Names(f Family) []string {
	if v == nil {
		return nil
	}
	return v.names[f]
}

// Label is what people call a name in a language of the portal; known is false
// for a name that the vocabulary does not have: show the name itself.
func (v *Vocabulary) Label(lang string, f Family, name string) (label string, known bool) {
	if t := v.term(f, name); t != nil && t.Labels[lang] != "" {
		return t.Labels[lang], true
	}
	return name, false
}

// Description is what those who write policies should know of a name, in a
// language of the portal. Where that has none it is in another one, which the
// page then sets apart; "" where nobody described the name.
func (v *Vocabulary) Description(lang string, f Family, name string) string {
	t, _ := v.Term(f, name)
	for _, l := range []string{lang, "en", "fr", "ar"} {
		if text := t.Descriptions[l]; text != "" {
			return text
		}
	}
	return ""
}

// Special reports whether a name stands for data that needs the most care. A
// name that the vocabulary does not have does not.
func (v *Vocabulary) Special(f Family, name string) bool {
	t := v.term(f, name)
	return t != nil && t.Sensitivity == Special
}

// Source finds what a source of a shared attribute names. That may be a path, such
// as "CNIE/verification/biometrics", whose last part is the name; a name of the
// vocabulary that has slashes itself goes first.
func (v *Vocabulary) Source(name string) (Term, bool) {
	if t, ok := v.Term(Attributes, name); ok {
		return t, true
	}
	return v.Term(Attributes, lastPart(name))
}

// SpecialSource is Special for a source of a shared attribute.
func (v *Vocabulary) SpecialSource(name string) bool {
	t, _ := v.Source(name)
	return t.Sensitivity == Special
}

// lastPart is the name at the end of a path such as
// "registration-client/NEW/individualBiometrics".
func lastPart(s string) string {
	if name := s[strings.LastIndexByte(s, '/')+1:]; name != "" {
		return name
	}
	return s
}

//go:embed vocabulary.json
var seedFile []byte

// Seed is the vocabulary that every installation starts with (domain.md §8); a
// Partner Admin maintains it from there. The migration that fills the table
// says the same, held by a test of internal/vocabulary.
var Seed = sync.OnceValue(func() []Term {
	var terms []Term
	if err := json.Unmarshal(seedFile, &terms); err != nil {
		panic("policydoc: vocabulary: " + err.Error()) // embedded
	}
	return terms
})

// DefaultVocabulary is a vocabulary of Seed: for work without a database.
var DefaultVocabulary = sync.OnceValue(func() *Vocabulary { return NewVocabulary(Seed()) })

// What the schemas fix, with messages of their own.
var (
	tokenTypeNames  = []string{"random", "partner", "policy"}
	shareTypeNames  = []string{"Data Share", "direct"}
	encryptionNames = []string{"Partner Based", "none"}
)

// TokenTypeKey is the message that names a type of token ("policy"); the same
// key with ".help" behind it explains it. known is false for a name without a
// message. So for the other functions of this family.
func TokenTypeKey(name string) (key string, known bool) {
	return label("token_type", tokenTypeNames, name)
}

// ShareTypeKey names a way of sharing ("Data Share").
func ShareTypeKey(name string) (key string, known bool) {
	return label("share_type", shareTypeNames, name)
}

// EncryptionKey names an encryption of the whole ("Partner Based").
func EncryptionKey(name string) (key string, known bool) {
	return label("encryption", encryptionNames, name)
}

func label(family string, names []string, name string) (string, bool) {
	if !slices.Contains(names, name) {
		return "", false
	}
	return "policydoc." + family + "." + labelName.Replace(name), true
}

var labelName = strings.NewReplacer("-", "_", " ", "_")
