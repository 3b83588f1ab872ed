package policydoc

import "unicode/utf8"

func (a *applier) auth(top *objectPlan, f AuthForm) {
	top.order = []string{keyTokenType, keyWays, keyAttributes, keyLanguages}
	a.e.authModels(top.n)
	top.answers(f.questions())
	a.ways(top, f.Ways)
	a.picks(top, keyAttributes, attributeOf, f.Attributes, func(name string) fresh {
		return freshObject(freshText(name).member(keyName))
	})
	a.picks(top, keyLanguages, showable, f.Languages, freshText)
	top.required(keyWays, freshList())
	top.required(keyAttributes, freshList())
}

// authModels: of two lists at the same depth one can be the model of the other.
func (e *editor) authModels(root *node) {
	for _, key := range []string{keyLanguages, keyWays, keyAttributes} {
		if v := root.get(key); v != nil && v.kind == listNode && v.size() > 0 {
			e.models[keyWays], e.models[keyAttributes] = v, v
			if key != keyLanguages || e.models[keyLanguages] == nil {
				e.models[keyLanguages] = v
			}
		}
	}
}

// waysNow is what a document says about ways of authenticating.
type waysNow struct {
	entries map[wayName][]int
	states  map[wayName]string
	emptied bool // entries without a sub-type say so: "authSubType": ""
}

func waysOf(list *node) waysNow {
	now := waysNow{entries: make(map[wayName][]int), states: make(map[wayName]string)}
	for i, entry := range list.list() {
		w, ok := wayOf(entry)
		if !ok {
			continue
		}
		state := wayState(entry)
		if was, twice := now.states[w]; twice && was != state {
			state = WayOdd
		}
		now.states[w] = state
		now.entries[w] = append(now.entries[w], i)
		now.emptied = now.emptied || w.sub == "" && entry.get(keySubType) != nil
	}
	return now
}

func (a *applier) ways(top *objectPlan, answers []WayAnswer) {
	list := top.list(keyWays)
	now := waysOf(list)
	in := a.e.inside(list)
	var p plan
	answered := make(map[wayName]bool)
	for _, answer := range answers {
		w := wayName{answer.Type, answer.SubType}
		a.wrong = a.wrong || !named(w.typ) || !utf8.ValidString(w.sub) || answered[w]
		answered[w] = true
		entries, there := now.entries[w]
		switch was := now.states[w]; {
		case answer.State == was, answer.State == WayNo && !there:
		case answer.State == WayNo:
			for _, i := range entries {
				p.remove(i)
			}
		case answer.State != WayOptional && answer.State != WayRequired:
			a.wrong = true
		case there:
			for _, i := range entries {
				a.require(list.items[i], in, answer.State)
			}
		default:
			p.add(list.size()-1, newWay(w, answer.State, now.emptied).entry())
		}
	}
	top.entries(keyWays, p)
}

// require changes whether one entry is required.
func (a *applier) require(n *node, around place, state string) {
	if wayState(n) == state {
		return
	}
	entry := a.object(n, around, []string{keyWay, keySubType, keyMandatory})
	entry.set(keyMandatory, freshFlag(state == WayRequired))
	entry.done()
}

func newWay(w wayName, state string, emptied bool) fresh {
	v := freshObject(freshText(w.typ).member(keyWay))
	if w.sub != "" || emptied {
		v.push(freshText(w.sub).member(keySubType))
	}
	v.push(freshFlag(state == WayRequired).member(keyMandatory))
	return v
}

func (a *applier) picks(top *objectPlan, key string, name func(*node) (string, bool), picks []Pick, write func(string) fresh) {
	list := top.list(key)
	entries := make(map[string][]int)
	for i, entry := range list.list() {
		if n, ok := name(entry); ok && n != "" {
			entries[n] = append(entries[n], i)
		}
	}
	var p plan
	picked := make(map[string]bool)
	for _, pick := range picks {
		a.wrong = a.wrong || !named(pick.Name) || picked[pick.Name]
		picked[pick.Name] = true
		switch there := entries[pick.Name]; {
		case pick.On && len(there) == 0:
			p.add(list.size()-1, write(pick.Name).entry())
		case !pick.On:
			for _, i := range there {
				p.remove(i)
			}
		}
	}
	if key == keyLanguages && list != nil && p.empties(list) {
		top.drop(key) // an empty list of languages is not allowed
		return
	}
	top.entries(key, p)
}

func named(name string) bool { return name != "" && utf8.ValidString(name) }
