// Package policydoc reads policy documents: the JSON text that says which ways
// of authenticating (an Auth policy) or which personal data (a Data share
// policy) a partner may use. It judges a text, explains every finding with its
// place and what to do, and gives a readable view of a good one.
//
// It knows documents only. It refuses to know policies as records, their
// versions and states, who may edit them, SQL and HTTP. It holds no sentence
// either: findings carry message keys, the web translates them.
package policydoc

// Kind says what a document is about, and so which schema it must follow.
type Kind string

// The two kinds of policy.
const (
	KindAuth      Kind = "auth"
	KindDataShare Kind = "datashare"
)

// Kinds lists every kind, in the order of the menu.
func Kinds() []Kind { return []Kind{KindAuth, KindDataShare} }

// Valid reports whether k is one of the known kinds.
func (k Kind) Valid() bool { return k == KindAuth || k == KindDataShare }

// Limits of a document. Size is issue J7's, the others are security.md UPL-4
// (more values, because more bytes are allowed).
const (
	MaxBytes     = 256 << 10 // of the whole text
	MaxDepth     = 16        // nested objects and lists; the outermost counts 1
	MaxValues    = 20_000    // objects, lists, texts, numbers, true, false, null
	MaxKeyBytes  = 128       // of one key, decoded, in UTF-8
	MaxTextBytes = 4 << 10   // of one text, decoded, in UTF-8
	MaxDigits    = 15        // of one number: what every JSON reader keeps exactly
	MaxFindings  = 100       // shown; one more says how many are not
	maxExcerpt   = 40        // characters of the document quoted in a message
)

// Check judges doc as a policy document of the given kind. It takes any bytes,
// never panics and needs time proportional to the text.
//
// First the text is walked strictly (security.md UPL-4); slips with only one
// sensible reading, such as a missing comma, are reported and passed over, so
// that one check shows as much as possible; after hundreds of one kind it stops.
// Where the walk reaches the end, the value is held against the kind's schema
// (domain.md §8) and looked through for things that are allowed but probably not
// meant, or a risk to the people whose data it is.
//
// around is what surrounds the document; the zero value knows no vocabulary and
// no neighbours, and then nothing is said about names.
//
// An unknown kind is a mistake of the caller and gives a report with an error.
func Check(kind Kind, doc []byte, around Around) Report {
	_, report := check(kind, doc, around)
	return report
}

// Around is what a document is judged by besides its own text.
type Around struct {
	Vocabulary *Vocabulary
	Neighbours Neighbours
}

// Neighbours are the other active policies of the same kind in the document's
// policy group. With none, nothing is compared.
type Neighbours struct {
	Policies       int
	MostAttributes int // how many attributes the widest of them hands out
}

func check(kind Kind, doc []byte, around Around) (*node, Report) {
	root, c := judge(kind, doc, around)
	if root != nil {
		c.lint(root)
	}
	return root, c.report()
}

// judge finds all that keeps a document from being used; what informs comes on
// top of it.
func judge(kind Kind, doc []byte, around Around) (*node, *collector) {
	p := &parser{doc: doc}
	root := p.document()
	c := &collector{kind: kind, around: around, doc: doc, notes: p.notes}
	if root != nil {
		c.schema(root)
	}
	return root, c
}
