package policydoc

import (
	"maps"
	"slices"
	"strconv"
)

func (w *writer) share() {
	if len(w.f.items) == 0 {
		w.say(Gets, "share.nothing", nil)
	} else {
		w.sharedData()
	}
	w.notReceived(w.sharedNames(), nil)
	w.handedOver()
}

// biometricRecord are the names of one and the same record: whoever gets it under
// one of them has what the other stands for (domain.md §8.2).
var biometricRecord = []string{"biometrics", "individualBiometrics"}

// sharedNames are the names that items have, and of the data that they are taken
// from, whatever they are called on the way.
func (w *writer) sharedNames() map[string]lines {
	out := make(map[string]lines, len(w.f.items))
	for name, it := range w.f.items {
		out[name] = nil
		for _, s := range it.sources {
			out[s.name] = nil
			t, _ := w.v.Source(s.name)
			out[t.Name] = nil
			if !slices.Contains(biometricRecord, t.Name) {
				continue
			}
			for _, name := range biometricRecord {
				out[name] = nil
			}
			if slices.ContainsFunc(s.parts, func(p entry) bool { return p.typ == "" || p.typ == "Face" }) {
				out["face"] = nil
			}
		}
	}
	return out
}

// source is the name of what an item is taken from.
func (w *writer) source(name string) Name {
	n := w.name(Attributes, name)
	n.Special = w.v.SpecialSource(name)
	return n
}

// sharedData tells what is received, then of each item what is not plain from
// its name, then which items are encrypted by themselves.
func (w *writer) sharedData() {
	names := make([]Name, 0, len(w.f.items))
	for _, name := range slices.Sorted(maps.Keys(w.f.items)) {
		n := w.name(Attributes, name)
		n.Special = w.f.items[name].special(w.v)
		names = append(names, n)
	}
	names = w.ordered(names)
	at := make(lines, 0, len(names))
	for _, it := range w.f.items {
		at = append(at, it.lines...)
	}
	w.sayAll(Gets, "share.data", at.sorted(), Arg{"Data", All, names})
	for _, n := range names {
		w.item(n, w.f.items[n.Name])
	}
	w.sets(names)
	w.encrypted(names)
}

// item tells of one item where it is taken from, which parts, in which format.
func (w *writer) item(n Name, it *item) {
	about, at := one("Item", n), it.lines.sorted()
	if it.mixed {
		for _, e := range it.entries {
			w.sayOf(it, "share.entry", e.value(), at, about, Arg{"Limits", Row, w.limits(e)})
		}
		return
	}
	for _, s := range it.sources {
		own, whole := s.name == it.name, s.whole()
		if own && whole && len(it.sources) == 1 {
			continue // there is nothing to say of it
		}
		from, parts := one("Source", w.source(s.name)), Arg{Name: "Parts", Joined: All}
		if !whole {
			parts.Names = w.parts(s.parts)
		}
		switch {
		case own && whole:
			w.sayOf(it, "share.own", s.name, s.lines.sorted(), about)
		case own:
			w.sayOf(it, "share.parts", s.name, s.lines.sorted(), about, parts)
		case whole:
			w.sayOf(it, "share.from", s.name, s.lines.sorted(), about, from)
		default:
			w.sayOf(it, "share.from_parts", s.name, s.lines.sorted(), about, from, parts)
		}
	}
	for _, format := range it.formats {
		switch format {
		case "":
		case "YYYY", "extraction":
			w.sayOf(it, "share.format."+format, "", at, about)
		default:
			w.sayOf(it, "share.format", format, at, about, one("Format", w.name(Formats, format)))
		}
	}
}

// sayOf says something of an item: its name, and what further tells such
// sentences apart, are part of the ID.
func (w *writer) sayOf(it *item, id, further string, at []int, args ...Arg) {
	w.say(Gets, id, at, args...).ID = id + fieldEnd + it.name + fieldEnd + further
}

// parts gathers the sub-types of each part behind it.
func (w *writer) parts(all []entry) []Name {
	var names []Name
	at := make(map[[2]string]int)
	i, last := -1, [2]string{}
	for _, p := range all {
		key := [2]string{p.typ, p.lang}
		known := i >= 0 && key == last // nearly always
		if !known {
			i, known = at[key]
			last = key
		}
		if !known {
			i = len(names)
			at[key] = i
			n := w.name(FilterTypes, p.typ)
			n.Lang = p.lang
			names = append(names, n)
		}
		if p.sub != "" {
			names[i].Subs = append(names[i].Subs, Name{Name: p.sub})
		}
	}
	return w.ordered(names)
}

// limits is all that an entry says.
func (w *writer) limits(e entry) []Name {
	add := func(kind string, n Name) Name {
		n.Kind = kind
		return n
	}
	out := []Name{add("source", w.source(e.source))}
	if p := e.part(); p != (entry{}) {
		out = append(out, add("part", w.parts([]entry{p})[0]))
	}
	if e.format != "" {
		out = append(out, add("format", w.name(Formats, e.format)))
	}
	if e.plain {
		return append(out, Name{Kind: "plain"})
	}
	return append(out, Name{Kind: "encrypted"})
}

// sets tells which items belong to which set.
func (w *writer) sets(names []Name) {
	members := make(map[string][]Name)
	at := make(map[string]lines)
	for _, n := range names {
		it := w.f.items[n.Name]
		for _, g := range it.groups {
			members[g] = append(members[g], n)
			at[g] = append(at[g], it.lines...)
		}
	}
	for _, g := range sortedNames(members) {
		s := w.say(Gets, "share.set", at[g].sorted(), one("Set", Name{Name: g}), Arg{"Data", All, members[g]})
		s.ID += fieldEnd + g
	}
}

// encrypted tells which items are encrypted by themselves and which are not.
func (w *writer) encrypted(names []Name) {
	closed, atClosed := make([]Name, 0, len(names)), make(lines, 0, len(names))
	var open []Name
	var atOpen lines
	for _, n := range names {
		if it := w.f.items[n.Name]; it.plain {
			open, atOpen = append(open, n), append(atOpen, it.lines...)
		} else {
			closed, atClosed = append(closed, n), append(atClosed, it.lines...)
		}
	}
	if len(closed) > 0 {
		w.sayAll(Gets, "share.closed", atClosed.sorted(), Arg{"Data", All, closed})
	}
	if len(open) > 0 {
		w.sayAll(Gets, "share.open", atOpen.sorted(), Arg{"Data", All, open})
	}
}

// handedOver tells how the data reaches the partner. Of data that is handed over
// directly nothing is fetched, so its host and limits have words of their own.
func (w *writer) handedOver() {
	s := w.f.share
	said := func(id string, what Said, args ...Arg) {
		if what.Name != "" {
			w.say(How, id, lines{what.Line}.sorted(), args...)
		}
	}
	said("share.type."+labelName.Replace(s.TypeOfShare.Name), s.TypeOfShare)
	before := len(w.out)
	protocol := s.Protocol.Name
	if protocol == "" {
		protocol = "any"
	}
	if s.Domain.Name != "" {
		w.say(How, "share.host."+protocol, lines{s.Domain.Line, s.Protocol.Line}.sorted(), one("Host", Name{Name: s.Domain.Name}))
	}
	if s.ValidMinutes > 0 {
		w.say(How, "share.minutes", lines{s.MinutesLine}.sorted(), one("Time", Name{Kind: "minutes", Name: strconv.Itoa(s.ValidMinutes)}))
	}
	if s.Transactions > 0 {
		w.say(How, "share.times", lines{s.TimesLine}.sorted()).Count = s.Transactions
	}
	if s.TypeOfShare.Name == "direct" {
		for i := range w.out[before:] {
			w.out[before+i].Key += "_direct"
		}
	}
	said("share.encryption."+labelName.Replace(s.Encryption.Name), s.Encryption)
	said("share.origin", s.Source, one("Origin", w.name(Sources, s.Source.Name)))
}
