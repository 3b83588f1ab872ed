package policydoc

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Part says what a sentence is about.
type Part string

// The parts, in the order in which they are told.
const (
	MayDo   Part = "may"
	Gets    Part = "gets"
	NotGets Part = "not"
	How     Part = "how"
)

// Parts lists every part in its order.
func Parts() []Part { return []Part{MayDo, Gets, NotGets, How} }

// Key is the message that heads a part.
func (p Part) Key() string { return "policy_says.part." + string(p) }

// Sentence is one thing that a policy says, ready to be put into the words of a
// language: which message, and the names that it takes. Two documents say the
// same thing where they have a sentence of the same ID that Same holds equal.
type Sentence struct {
	ID      string // what it tells of, stable from version to version
	Part    Part
	Key     string // message
	Count   int    // its argument "Count", where it has one: how many things it is about
	Args    []Arg  // its other arguments
	Special bool   // it is about data that needs the most care
	Lines   []int  // where the document says so, in order; none if by leaving out
}

// Arg is an argument of a sentence: one name, or a list of them.
type Arg struct {
	Name   string // of the message's argument
	Joined Joined
	Names  []Name
}

// Joined says how the last of several names follows the others.
type Joined string

// The ways of joining names.
const (
	All    Joined = "and"
	Either Joined = "or"
	Row    Joined = "comma" // as all the others
)

// Name is a name of the document with what narrows it.
type Name struct {
	// Kind is "" for the name itself; else a limit as in Values, "source", "part",
	// "format", "plain" or "encrypted"; or "minutes": Name is a number of them.
	Kind    string
	Family  Family // whose label it has; "" for a name that stands for itself
	Name    string // "" of a part: any type
	Subs    []Name // kinds of a way, or sub-types of a part
	Lang    string // language of a part
	Special bool   // data that needs the most care
}

// Same reports whether two sentences say the same, wherever they stand.
func (s Sentence) Same(o Sentence) bool {
	return s.ID == o.ID && s.Key == o.Key && s.Count == o.Count && slices.EqualFunc(s.Args, o.Args, func(a, b Arg) bool {
		return a.Name == b.Name && a.Joined == b.Joined && slices.EqualFunc(a.Names, b.Names, Name.same)
	})
}

// ID is a text that two names share exactly when they are the same with all that
// narrows them.
func (n Name) ID() string {
	out := value(n.Kind, string(n.Family), n.Name, n.Lang)
	for _, sub := range n.Subs {
		out += valueEnd + sub.ID()
	}
	return out
}

func (n Name) same(o Name) bool {
	return n.Kind == o.Kind && n.Family == o.Family && n.Name == o.Name && n.Lang == o.Lang && slices.EqualFunc(n.Subs, o.Subs, Name.same)
}

// Sentences tells what a partner with a policy of this meaning may do, what it
// gets and what it does not get: one fact each, in a fixed order that does not
// depend on the document's. Two meanings with equal Canonical have the same
// sentences but for their lines, others have not. It needs time proportional to
// the document.
func Sentences(m Meaning, v *Vocabulary) []Sentence {
	w := writer{v: v, f: factsOf(m), order: make(map[Family]map[string]int)}
	w.out = make([]Sentence, 0, 16+2*len(w.f.items))
	if m.Kind == KindDataShare {
		w.share()
	} else {
		w.auth()
	}
	return w.out
}

type writer struct {
	v     *Vocabulary
	f     facts
	order map[Family]map[string]int
	out   []Sentence
}

func (w *writer) say(p Part, id string, at []int, args ...Arg) *Sentence {
	s := Sentence{ID: id, Part: p, Key: "policy_says." + id, Lines: at, Args: args}
	for _, a := range args {
		for i := range a.Names {
			s.Special = s.Special || a.Names[i].Special
		}
	}
	w.out = append(w.out, s)
	return &w.out[len(w.out)-1]
}

// sayAll says something of a list of names, and how many they are.
func (w *writer) sayAll(p Part, id string, at []int, all Arg) {
	w.say(p, id, at, all).Count = len(all.Names)
}

// name is a name of a family as a part of a sentence.
func (w *writer) name(f Family, name string) Name {
	return Name{Family: f, Name: name, Special: w.v.Special(f, name)}
}

func one(arg string, n Name) Arg { return Arg{Name: arg, Joined: All, Names: []Name{n}} }

// ordered puts names as a reader expects them: what needs the most care first,
// then in the order of the vocabulary, then those that it does not know.
func (w *writer) ordered(names []Name) []Name {
	if len(names) < 2 {
		return names
	}
	type place struct{ at, rank int }
	places := make([]place, len(names))
	for i := range names {
		places[i] = place{i, w.rank(names[i].Family, names[i].Name)}
		if names[i].Special {
			places[i].rank -= 1 << 30
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(a.rank-b.rank, strings.Compare(names[a.at].Name, names[b.at].Name), a.at-b.at)
	})
	out := make([]Name, len(names))
	for i, p := range places {
		out[i] = names[p.at]
	}
	return out
}

func (w *writer) rank(f Family, name string) int {
	order := w.order[f]
	if order == nil {
		known := w.v.Names(f)
		order = make(map[string]int, len(known))
		for i, n := range known {
			order[n] = i
		}
		w.order[f] = order
	}
	if i, ok := order[name]; ok {
		return i
	}
	return len(order)
}

// list is all names of a set in a reader's order, and where they stand.
func (w *writer) list(f Family, set map[string]lines) ([]Name, []int) {
	names := make([]Name, 0, len(set))
	var at lines
	for _, name := range slices.Sorted(maps.Keys(set)) {
		names = append(names, w.name(f, name))
		at = append(at, set[name]...)
	}
	return w.ordered(names), at.sorted()
}

func (w *writer) auth() {
	w.ways()
	w.personalData()
	if w.f.token != "" {
		w.say(Gets, "auth.token."+w.f.token, lines{w.f.tokenLine}.sorted())
	}
	if w.f.returns {
		w.notReceived(w.f.attributes, nil)
	} else {
		w.notReceived(nil, w.f.attributes)
	}
}

// personalData tells what is received about the person, and in which languages.
// What is listed is received only where a way that is allowed returns data;
// where none does, the lists have no effect.
func (w *writer) personalData() {
	received := w.f.returns && len(w.f.attributes) > 0
	switch {
	case received:
		names, at := w.list(Attributes, w.f.attributes)
		w.sayAll(Gets, "auth.data", at, Arg{"Data", All, names})
	case len(w.f.attributes) > 0:
		names, at := w.list(Attributes, w.f.attributes)
		s := w.say(Gets, "auth.data", at, Arg{"Data", All, names})
		s.Key, s.Count, s.Special = s.Key+"_unused", len(names), false
	case w.f.proves:
		w.say(Gets, "auth.nothing", nil)
	default:
		w.say(Gets, "auth.nothing", nil).Key += "_unproved"
	}
	switch {
	case len(w.f.languages) > 0:
		names, at := w.list(Languages, w.f.languages)
		s := w.say(Gets, "auth.languages", at, Arg{"Languages", All, names})
		if s.Count = len(names); !received {
			s.Key += "_unused"
		}
	case received:
		w.say(Gets, "auth.any_language", nil)
	}
}

// ways tells how a person must and may be verified, which services must and may
// be asked for besides, and that everything else is refused.
func (w *writer) ways() {
	if len(w.f.allowed) == 0 {
		w.say(MayDo, "auth.no_way", nil)
		return
	}
	if !w.f.proves {
		w.say(MayDo, "auth.no_proof", nil)
	}
	w.uses("auth", Proves)
	w.uses("auth.service", func(way string) bool { return !Proves(way) })
	w.say(MayDo, "auth.refused", nil)
}

// uses tells of the ways of one kind which must be used and which may be.
func (w *writer) uses(id string, kind func(way string) bool) {
	required, free := make(map[way]lines), make(map[way]lines)
	for k, at := range w.f.required {
		if kind(k.typ) {
			required[k] = at
		}
	}
	for k, at := range w.f.allowed {
		if _, must := required[k]; !must && kind(k.typ) {
			free[k] = at
		}
	}
	choice := id + ".choice"
	if len(required) > 0 {
		choice = id + ".besides"
		names, at := w.wayNames(required)
		w.say(MayDo, id+".required", at, Arg{"Ways", All, names}).Count = len(required)
	}
	if len(free) > 0 {
		names, at := w.wayNames(free)
		w.say(MayDo, choice, at, Arg{"Ways", Either, names}).Count = len(free)
	}
}

// wayNames gathers the kinds of each type behind it.
func (w *writer) wayNames(set map[way]lines) ([]Name, []int) {
	var names []Name
	var at lines
	for _, k := range sortedWays(set) {
		at = append(at, set[k]...)
		if n := len(names); n == 0 || names[n-1].Name != k.typ || k.sub == "" {
			names = append(names, w.name(AuthTypes, k.typ))
		}
		if n := &names[len(names)-1]; k.sub != "" {
			n.Subs = append(n.Subs, w.name(SubTypes, k.sub))
			n.Special = n.Special || w.v.Special(SubTypes, k.sub)
		}
	}
	for i := range names {
		names[i].Subs = w.ordered(names[i].Subs)
	}
	return w.ordered(names), at.sorted()
}

// notReceived names every attribute of the vocabulary that is not received, and
// those that the document lists to no effect.
func (w *writer) notReceived(received, unused map[string]lines) {
	known := w.v.Names(Attributes)
	var names []Name
	for _, name := range known {
		if _, ok := received[name]; !ok {
			names = append(names, w.name(Attributes, name))
		}
	}
	for _, name := range sortedNames(unused) {
		if w.rank(Attributes, name) == len(known) {
			names = append(names, w.name(Attributes, name))
		}
	}
	switch {
	case len(names) > 0:
		w.sayAll(NotGets, "not.data", nil, Arg{"Data", All, w.ordered(names)})
	case len(known) > 0:
		w.say(NotGets, "not.nothing", nil)
	}
}
