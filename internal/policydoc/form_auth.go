package policydoc

// The keys of an Auth policy, in the schema's order.
const (
	keyTokenType  = "authTokenType" //nolint:gosec // G101: the name of a key, no secret
	keyWays       = "allowedAuthTypes"
	keyWay        = "authType"
	keySubType    = "authSubType"
	keyMandatory  = "mandatory"
	keyAttributes = "allowedKycAttributes"
	keyName       = "attributeName"
	keyLanguages  = "kycLanguages"
)

func (f *AuthForm) questions() []question {
	return []question{{key: keyTokenType, answer: &f.TokenType}}
}

func (p *projector) auth(root *node, v *Vocabulary) AuthForm {
	var f AuthForm
	p.answers(root, f.questions())
	f.Ways = p.ways(root, v)
	f.Attributes = p.picks(root, keyAttributes, attributeOf, v.Names(Attributes))
	f.Languages = p.picks(root, keyLanguages, showable, v.Names(Languages))
	p.unknown(root, nil, keyTokenType, keyWays, keyAttributes, keyLanguages)
	return f
}

// wayName tells one way of authenticating from another.
type wayName struct{ typ, sub string }

// wayOf reads the names of an entry. It is false for one whose names cannot be
// shown: the form leaves it alone.
func wayOf(entry *node) (wayName, bool) {
	typ, ok := showable(entry.get(keyWay))
	if !ok || typ == "" {
		return wayName{}, false
	}
	sub := entry.get(keySubType)
	if sub == nil {
		return wayName{typ, ""}, true
	}
	name, ok := showable(sub)
	return wayName{typ, name}, ok
}

// waysIn are the ways of these types: biometrics once as such and once for each
// sub-type.
func waysIn(types, subTypes []string) []wayName {
	var out []wayName
	for _, typ := range types {
		out = append(out, wayName{typ, ""})
		if typ == wayBio {
			for _, sub := range subTypes {
				out = append(out, wayName{typ, sub})
			}
		}
	}
	return out
}

func (p *projector) ways(root *node, v *Vocabulary) []WayAnswer {
	var out []WayAnswer
	index := make(map[wayName]int)
	for _, w := range waysIn(v.Names(AuthTypes), v.Names(SubTypes)) {
		index[w] = len(out)
		out = append(out, WayAnswer{Type: w.typ, SubType: w.sub, State: WayNo})
	}
	for i, entry := range p.list(root, keyWays, nil) {
		path := []Step{{Key: keyWays}, {Index: i, Item: true}}
		w, ok := wayOf(entry)
		if !ok {
			p.other(entry, path)
			continue
		}
		if !p.row() {
			break
		}
		p.unknown(entry, path, keyWay, keySubType, keyMandatory)
		at, known := index[w]
		if !known {
			at = len(out)
			index[w] = at
			out = append(out, WayAnswer{Type: w.typ, SubType: w.sub})
		}
		p.addWay(&out[at], entry, i)
	}
	return out
}

// addWay adds one entry of the document to its answer. The same way may be there
// more than once; where its entries disagree it is odd.
func (p *projector) addWay(a *WayAnswer, entry *node, i int) {
	state := wayState(entry)
	if len(a.Origins) > 0 && state != a.State {
		state = WayOdd
	}
	if state == WayOdd {
		a.Raw = excerptRaw([]byte(join(a.Raw, p.raw(entry))))
	}
	a.Origins, a.State = append(a.Origins, i), state
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n" + b
}

func wayState(entry *node) string {
	switch required := entry.get(keyMandatory); {
	case required == nil || required.kind != flagNode:
		return WayOdd
	case required.flag:
		return WayRequired
	}
	return WayOptional
}

// attributeOf reads the name of an entry of the e-KYC attributes.
func attributeOf(entry *node) (string, bool) { return showable(entry.get(keyName)) }

// picks are the names that the vocabulary offers, and what else a list has.
func (p *projector) picks(root *node, key string, name func(*node) (string, bool), offered []string) []Pick {
	var out []Pick
	index := make(map[string]int)
	for _, n := range offered {
		index[n] = len(out)
		out = append(out, Pick{Name: n})
	}
	for i, entry := range p.list(root, key, nil) {
		path := []Step{{Key: key}, {Index: i, Item: true}}
		n, ok := name(entry)
		if !ok || n == "" {
			p.other(entry, path)
			continue
		}
		if !p.row() {
			break
		}
		if entry.kind == objectNode {
			p.unknown(entry, path, keyName)
		}
		at, known := index[n]
		if !known {
			at = len(out)
			index[n] = at
			out = append(out, Pick{Name: n})
		}
		out[at].On = true
	}
	return out
}
