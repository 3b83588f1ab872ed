package policydoc

import "strconv"

// Meaning is what a good document says, in its own names and order, without a
// sentence: the one reading that sentences, differences, previews and decisions
// share. Auth is filled for KindAuth, Share for KindDataShare. The zero Meaning
// of a kind allows nothing.
type Meaning struct {
	Kind  Kind
	Auth  AuthMeaning
	Share ShareMeaning
}

// Said is a word of the document with the line, from 1, where it stands; line 0
// is none.
type Said struct {
	Name string
	Line int
}

// AuthMeaning is what an Auth policy allows.
type AuthMeaning struct {
	TokenType  Said
	Ways       []Way
	Attributes []Said // empty: the partner receives no data
	Languages  []Said // empty: the policy does not choose
}

// Way is one entry of the allowed ways of authenticating.
type Way struct {
	Type      string
	SubType   string // "" if none is named: any
	Mandatory bool
	Line      int
}

// ShareMeaning is what a Data share policy hands over, and how.
type ShareMeaning struct {
	TypeOfShare  Said
	Encryption   Said
	Domain       Said
	Source       Said
	Protocol     Said // Name "" if the policy does not say
	ValidMinutes int
	MinutesLine  int
	Transactions int // how often the link may be opened
	TimesLine    int
	Attributes   []SharedAttribute
}

// SharedAttribute is one entry of the attributes that the partner receives.
type SharedAttribute struct {
	Name      string
	Line      int
	Group     string // "" if none
	Format    string // "" as recorded
	Encrypted bool
	Sources   []Source
}

// Source is where a shared attribute is taken from.
type Source struct {
	Attribute string
	Line      int
	Filters   []Filter // empty: all of it
}

// Filter takes a part of a source. Empty fields do not filter.
type Filter struct {
	Type     string
	SubTypes []string
	Language string
}

// Understand reads a document of the given kind. It is false for a document that
// does not follow its schema: half a policy must not look like a whole one.
func Understand(kind Kind, doc []byte) (Meaning, bool) {
	root, c := judge(kind, doc, Around{})
	if !c.report().OK() {
		return Meaning{}, false
	}
	return understand(kind, root, newLocator(doc)), true
}

// Read is Check and Understand together, in one walk over the text: for pages
// that show the findings beside what the document says. ok is Report.OK.
func Read(kind Kind, doc []byte, around Around) (m Meaning, report Report, ok bool) {
	root, report := check(kind, doc, around)
	if !report.OK() {
		return Meaning{}, report, false
	}
	return understand(kind, root, newLocator(doc)), report, true
}

// understand reads the nodes of a good document.
func understand(kind Kind, root *node, at *locator) Meaning {
	m := Meaning{Kind: kind}
	r := reader{at}
	switch kind {
	case KindAuth:
		m.Auth = r.auth(root)
	case KindDataShare:
		m.Share = r.share(root)
	}
	return m
}

type reader struct{ at *locator }

func (r reader) line(n *node) int {
	if n == nil {
		return 0
	}
	return r.at.line(n.start)
}

func (r reader) said(n *node) Said { return Said{text(n), r.line(n)} }

func (r reader) all(list *node) []Said {
	var out []Said
	for _, n := range list.list() {
		out = append(out, r.said(n))
	}
	return out
}

func (r reader) auth(root *node) AuthMeaning {
	m := AuthMeaning{TokenType: r.said(root.get("authTokenType")), Languages: r.all(root.get("kycLanguages"))}
	for _, n := range root.get("allowedAuthTypes").list() {
		m.Ways = append(m.Ways, Way{
			Type: text(n.get("authType")), SubType: text(n.get("authSubType")),
			Mandatory: n.get("mandatory").flagged(), Line: r.line(n.get("authType")),
		})
	}
	for _, n := range root.get("allowedKycAttributes").list() {
		m.Attributes = append(m.Attributes, r.said(n.get("attributeName")))
	}
	return m
}

func (r reader) share(root *node) ShareMeaning {
	rules := root.get("dataSharePolicies")
	minutes, times := rules.get("validForInMinutes"), rules.get("transactionsAllowed")
	m := ShareMeaning{
		TypeOfShare: r.said(rules.get("typeOfShare")), Encryption: r.said(rules.get("encryptionType")),
		Domain: r.said(rules.get("shareDomain")), Source: r.said(rules.get("source")), Protocol: r.said(rules.get("protocol")),
		ValidMinutes: number(minutes), MinutesLine: r.line(minutes), Transactions: number(times), TimesLine: r.line(times),
	}
	for _, n := range root.get("shareableAttributes").list() {
		a := SharedAttribute{
			Name: text(n.get("attributeName")), Line: r.line(n.get("attributeName")), Group: text(n.get("group")),
			Format: text(n.get("format")), Encrypted: n.get("encrypted").flagged(),
		}
		for _, s := range n.get("source").list() {
			source := Source{Attribute: text(s.get("attribute")), Line: r.line(s.get("attribute"))}
			for _, f := range s.get("filter").list() {
				filter := Filter{Type: text(f.get("type")), Language: text(f.get("language"))}
				for _, sub := range f.get("subType").list() {
					filter.SubTypes = append(filter.SubTypes, text(sub))
				}
				source.Filters = append(source.Filters, filter)
			}
			a.Sources = append(a.Sources, source)
		}
		m.Attributes = append(m.Attributes, a)
	}
	return m
}

// text is the text of a node, "" for none.
func text(n *node) string {
	if n == nil {
		return ""
	}
	return n.text
}

func (n *node) flagged() bool { return n != nil && n.flag }

// number reads a count; the schema has seen that it is one of at most nine
// digits.
func number(n *node) int {
	i, _ := strconv.Atoi(text(n))
	return i
}
