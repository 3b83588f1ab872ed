package policy

import "portal/internal/policydoc"

// Question is what a partner wants to do under a policy: authenticate a person
// in some ways and receive data with it (an Auth policy), or receive data (a
// Data share policy). Names are as documents write them. What stands in it
// twice counts once.
type Question struct {
	Ways       []Use    // used in this one authentication, all its steps together
	Attributes []string // the data asked for
	Languages  []string // in which the data is asked for; none: as the policy says
	Person     *Person  // whose data it is; nil: only whether it would be allowed
}

// Use is one way that an authentication used.
type Use struct {
	Type    string `json:"type"`
	SubType string `json:"sub_type,omitempty"` // "" if the request does not tell which kind
}

// Answer is what a policy makes of a question.
type Answer struct {
	Allowed bool     `json:"allowed"` // every reason is
	Reasons []Reason `json:"reasons"`
	// Released is what would be handed over, nothing if the answer is no or the
	// question names no person.
	Released []Item `json:"released,omitempty"`
}

// Code names a reason for programs; it never changes its meaning.
type Code string

// The codes, in the order in which reasons are given.
const (
	WayAllowed          Code = "way_allowed"
	WayNotAllowed       Code = "way_not_allowed"
	WayKindNotAllowed   Code = "way_kind_not_allowed" // the way is, but not by this kind of biometrics
	WayMissing          Code = "way_missing"          // nobody is authenticated without one
	WayRequiredMissing  Code = "way_required_missing"
	AttributeGranted    Code = "attribute_granted"
	AttributeNotGranted Code = "attribute_not_granted"
	NothingAsked        Code = "nothing_asked" // of a Data share policy
	DataWayNotAllowed   Code = "data_way_not_allowed"
	DataWayNotUsed      Code = "data_way_not_used"
	LanguageGranted     Code = "language_granted"
	LanguageOpen        Code = "language_open" // the policy does not choose
	LanguageNotGranted  Code = "language_not_granted"
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		WayAllowed, WayNotAllowed, WayKindNotAllowed, WayMissing, WayRequiredMissing, AttributeGranted, AttributeNotGranted,
		NothingAsked, DataWayNotAllowed, DataWayNotUsed, LanguageGranted, LanguageOpen, LanguageNotGranted,
	}
}

// Allows reports whether a reason of this code speaks for the request.
func (c Code) Allows() bool {
	return c == WayAllowed || c == AttributeGranted || c == LanguageGranted || c == LanguageOpen
}

// Key is the message that puts a reason into words. Its arguments are Item and
// Kind, as people call them.
func (c Code) Key() string { return "policy_preview.reason." + string(c) }

// Reason is what the policy says about one thing that was asked for, or about
// one of its rules that is broken.
type Reason struct {
	Allowed bool             `json:"allowed"`
	Code    Code             `json:"code"`
	Family  policydoc.Family `json:"family,omitempty"` // of Item
	Item    string           `json:"item,omitempty"`   // the way, attribute or language; "" where the reason is about none
	Kind    string           `json:"kind,omitempty"`   // of biometrics, with a way
	Line    int              `json:"line,omitempty"`   // of the document, where it says so; 0: nothing says it
}

// Decide answers a question by a policy: what the portal previews, and what a
// service that decides would use. It looks at nothing but its arguments, takes
// any, and needs time proportional to them.
//
// What no policy says is refused (deny by default). The rules, from domain.md
// §8.1 unless said otherwise:
//
//   - A way is allowed if the document lists it ("IDA rejects any other"): with
//     this kind of biometrics, or without a kind, which means any. A request that
//     does not tell its kind needs an entry without one.
//   - Every way marked mandatory must be among those used, each time ("must this
//     factor be present").
//   - An attribute is handed over if it is listed, and only together with a way
//     that returns data: attributes are those "returned in e-KYC", so one of
//     kyc, kycexchange and vciexchange must be allowed and used.
//   - kycLanguages are the "languages of the e-KYC answer": no other is given.
//     A document without them does not choose, and everything recorded goes out.
//   - A Data share policy knows attributes alone, by the names that the partner
//     sees (§8.2); any way or language asked for is refused.
//
// Whether the ways that were used prove who somebody is, a policy does not say:
// the service that authenticates knows.
func Decide(m policydoc.Meaning, q Question) Answer {
	d := decider{m: m, q: q}
	switch m.Kind {
	case policydoc.KindAuth:
		d.auth()
	case policydoc.KindDataShare:
		d.share()
	default:
		d.nothing()
	}
	a := Answer{Allowed: true, Reasons: d.reasons}
	for _, r := range d.reasons {
		a.Allowed = a.Allowed && r.Allowed
	}
	if a.Allowed && q.Person != nil {
		a.Released = d.release()
	}
	return a
}

// Everything is the question for all that a policy allows: every way, kind by
// kind, and every attribute.
func Everything(m policydoc.Meaning) Question {
	var q Question
	for _, w := range m.Auth.Ways {
		q.Ways = append(q.Ways, Use{w.Type, w.SubType})
	}
	for _, a := range m.Auth.Attributes {
		q.Attributes = append(q.Attributes, a.Name)
	}
	for _, a := range m.Share.Attributes {
		q.Attributes = append(q.Attributes, a.Name)
	}
	return q
}

// decider is the work on one question.
type decider struct {
	m       policydoc.Meaning
	q       Question
	reasons []Reason
}

func (d *decider) add(code Code, family policydoc.Family, item string, line int) {
	d.reasons = append(d.reasons, Reason{Allowed: code.Allows(), Code: code, Family: family, Item: item, Line: line})
}

func (d *decider) addWay(code Code, w Use, line int) {
	d.add(code, policydoc.AuthTypes, w.Type, line)
	d.reasons[len(d.reasons)-1].Kind = w.SubType
}

func (d *decider) auth() {
	d.ways()
	granted := firstLines(d.m.Auth.Attributes)
	d.attributes(granted)
	if len(d.q.Attributes) > 0 {
		d.dataWay()
	}
	languages := firstLines(d.m.Auth.Languages)
	for _, l := range once(d.q.Languages) {
		line, ok := languages[l]
		switch {
		case len(languages) == 0:
			d.add(LanguageOpen, policydoc.Languages, l, 0)
		case ok:
			d.add(LanguageGranted, policydoc.Languages, l, line)
		default:
			d.add(LanguageNotGranted, policydoc.Languages, l, 0)
		}
	}
}

// ways judges what was used, then what had to be used.
func (d *decider) ways() {
	lines, types := map[Use]int{}, map[string]int{}
	for _, w := range d.m.Auth.Ways {
		keep(lines, Use{w.Type, w.SubType}, w.Line)
		keep(types, w.Type, w.Line)
	}
	used := once(d.q.Ways)
	exactly, anyKind := map[Use]bool{}, map[string]bool{}
	for _, w := range used {
		exactly[w], anyKind[w.Type] = true, true
		if line, ok := allowed(lines, w); ok {
			d.addWay(WayAllowed, w, line)
		} else if line, ok := types[w.Type]; ok {
			d.addWay(WayKindNotAllowed, w, line) // the line that names another kind
		} else {
			d.addWay(WayNotAllowed, w, 0)
		}
	}
	if len(used) == 0 {
		d.add(WayMissing, "", "", 0)
	}
	told := map[Use]bool{}
	for _, w := range d.m.Auth.Ways {
		use := Use{w.Type, w.SubType}
		if present := exactly[use] || w.SubType == "" && anyKind[w.Type]; w.Mandatory && !present && !told[use] {
			told[use] = true
			d.addWay(WayRequiredMissing, use, w.Line)
		}
	}
}

// allowed finds the line that allows a way: its own, or that of any kind.
func allowed(lines map[Use]int, w Use) (line int, ok bool) {
	if line, ok = lines[w]; ok {
		return line, true
	}
	line, ok = lines[Use{Type: w.Type}]
	return line, ok
}

// dataWay holds that data comes with a way that returns it.
func (d *decider) dataWay() {
	used := map[string]bool{}
	for _, r := range d.reasons {
		if r.Code == WayAllowed {
			used[r.Item] = true
		}
	}
	var first *policydoc.Way
	for i, w := range d.m.Auth.Ways {
		if !policydoc.ReturnsData(w.Type) {
			continue
		}
		if used[w.Type] {
			return
		}
		if first == nil {
			first = &d.m.Auth.Ways[i]
		}
	}
	if first == nil {
		d.add(DataWayNotAllowed, "", "", 0)
		return
	}
	d.add(DataWayNotUsed, policydoc.AuthTypes, first.Type, first.Line)
}

func (d *decider) share() {
	granted := map[string]int{}
	for _, a := range d.m.Share.Attributes {
		keep(granted, a.Name, a.Line)
	}
	d.foreign()
	d.attributes(granted)
	if len(d.q.Attributes) == 0 {
		d.add(NothingAsked, "", "", 0)
	}
	for _, l := range once(d.q.Languages) {
		d.add(LanguageNotGranted, policydoc.Languages, l, 0)
	}
}

// nothing refuses whatever is asked: there is no policy.
func (d *decider) nothing() {
	d.foreign()
	d.attributes(nil)
	for _, l := range once(d.q.Languages) {
		d.add(LanguageNotGranted, policydoc.Languages, l, 0)
	}
	if len(d.reasons) == 0 {
		d.add(NothingAsked, "", "", 0)
	}
}

// foreign refuses ways of authenticating where the policy is not about any.
func (d *decider) foreign() {
	for _, w := range once(d.q.Ways) {
		d.addWay(WayNotAllowed, w, 0)
	}
}

func (d *decider) attributes(granted map[string]int) {
	for _, name := range once(d.q.Attributes) {
		if line, ok := granted[name]; ok {
			d.add(AttributeGranted, policydoc.Attributes, name, line)
		} else {
			d.add(AttributeNotGranted, policydoc.Attributes, name, 0)
		}
	}
}

// firstLines tells where each name stands first.
func firstLines(said []policydoc.Said) map[string]int {
	lines := make(map[string]int, len(said))
	for _, s := range said {
		keep(lines, s.Name, s.Line)
	}
	return lines
}

func keep[K comparable](lines map[K]int, k K, line int) {
	if _, there := lines[k]; !there {
		lines[k] = line
	}
}

// once is the list without repetitions, in its order.
func once[T comparable](in []T) []T {
	seen := make(map[T]bool, len(in))
	var out []T
	for _, v := range in {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
