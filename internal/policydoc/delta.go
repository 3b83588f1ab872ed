package policydoc

import (
	"cmp"
	"slices"
	"strings"
)

// Class says what a change does to what partners may do or receive.
type Class string

// The classes of a change.
const (
	Widens  Class = "widens"
	Narrows Class = "narrows"
	Neutral Class = "neutral"
)

// Key is the message that names the class.
func (c Class) Key() string { return "policydoc.class." + string(c) }

// inverse is the class of the way back.
func (c Class) inverse() Class {
	switch c {
	case Widens:
		return Narrows
	case Narrows:
		return Widens
	case Neutral:
	}
	return c
}

// The aspects of a change, in the order of a delta.
const (
	AspectTokenType  = "token_type" // of an Auth policy: random, partner, policy
	AspectWay        = "way"        // what may be used: type, kind
	AspectRequired   = "required"   // what must be used: type, kind
	AspectAttribute  = "attribute"  // what is received: its name; of shared data what limits it too, see Values
	AspectLanguage   = "language"   // of the data: "language" and a code, or "" for any
	AspectSource     = "source"     // of the attribute Subject: its name, and what limits it
	AspectPart       = "part"       // of Subject, an attribute and a source: type, sub-type, language; empty is all of it
	AspectFormat     = "format"     // of the attribute Subject: "format" and a name, or "" for as recorded
	AspectPlain      = "plain"      // the attribute Subject is not encrypted by itself
	AspectEntry      = "entry"      // of the attribute Subject: a combination of source, part, format and encryption
	AspectGroup      = "group"      // of the attribute Subject: the set
	AspectShareType  = "share_type" // how data is handed over
	AspectEncryption = "encryption" // of the whole
	AspectHost       = "host"       // of the link
	AspectProtocol   = "protocol"   // of the link
	AspectMinutes    = "minutes"    // how long the link lives
	AspectTimes      = "times"      // how often the link opens
	AspectOrigin     = "origin"     // the system that the data comes from
)

var aspects = []string{
	AspectTokenType, AspectWay, AspectRequired, AspectAttribute, AspectLanguage, AspectSource, AspectPart, AspectFormat, AspectPlain,
	AspectEntry, AspectGroup, AspectShareType, AspectEncryption, AspectHost, AspectProtocol, AspectMinutes, AspectTimes, AspectOrigin,
}

// Change is one thing in which two documents differ. It is plain data, kept with
// the decision that it was shown for and put into words when it is read. From
// and To may hold several values, see Values.
type Change struct {
	Aspect  string `json:"aspect"`            // what changed: "attribute", "way", "token_type" …
	Subject string `json:"subject,omitempty"` // of what, where an aspect belongs to something: the attribute
	From    string `json:"from,omitempty"`    // "" if there was nothing
	To      string `json:"to,omitempty"`      // "" if there is nothing any more
	Class   Class  `json:"class"`
	Special bool   `json:"special,omitempty"` // it is about data that needs the most care
}

// Delta is everything in which two documents differ, in a fixed order. Two
// documents that say the same, however they are written, have an empty one.
type Delta []Change

// Class is that of the whole: one thing that widens makes the whole widening;
// else one that narrows makes it narrowing.
func (d Delta) Class() Class {
	class := Neutral
	for _, c := range d {
		switch c.Class {
		case Widens:
			return Widens
		case Narrows:
			class = Narrows
		case Neutral:
		}
	}
	return class
}

// Inverse is the way back: from the second document to the first.
func (d Delta) Inverse() Delta {
	var out Delta
	for _, c := range d {
		c.From, c.To, c.Class = c.To, c.From, c.Class.inverse()
		out = append(out, c)
	}
	out.sort()
	return out
}

func (d Delta) sort() {
	rank := make(map[string]int, len(aspects))
	for i, a := range aspects {
		rank[a] = i
	}
	slices.SortFunc(d, func(a, b Change) int {
		return cmp.Or(rank[a.Aspect]-rank[b.Aspect], strings.Compare(a.Subject, b.Subject),
			strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(string(a.Class), string(b.Class)))
	})
}

// Between the values of a Change, and between the fields of one. No document
// that follows its schema has these characters in a name: the parser refuses
// control characters.
const (
	valueEnd = "\x1e"
	fieldEnd = "\x1f"
)

// Values takes From, To or Subject of a Change apart: one or more values, each
// of one or more fields. Nothing for "".
//
// Behind the name of an attribute, or of a source of it, come the values that
// limit it: "source" and a name, "part" with a type, a sub-type and a language
// of which empty ones do not limit, "format" and a name, and "plain" if it is
// not encrypted by itself. Where entries of one attribute limit it in different
// ways, "entry" begins each.
func Values(s string) [][]string {
	if s == "" {
		return nil
	}
	var out [][]string
	for value := range strings.SplitSeq(s, valueEnd) {
		out = append(out, strings.Split(value, fieldEnd))
	}
	return out
}

func value(fields ...string) string { return strings.Join(fields, fieldEnd) }

// Compare tells in what b differs from a, two meanings of one kind: item by
// item, each classed by what it does to what partners may do or receive. Either
// may be the zero meaning of its kind, for a policy that is not in force.
//
// Compare(b, a) is the inverse of Compare(a, b), and it is empty exactly when
// Canonical(a) == Canonical(b).
func Compare(a, b Meaning, v *Vocabulary) Delta {
	c := comparison{v: v, a: factsOf(a), b: factsOf(b)}
	if a.Kind == KindDataShare || b.Kind == KindDataShare {
		c.share()
	} else {
		c.auth()
	}
	c.delta.sort()
	return c.delta
}

type comparison struct {
	v     *Vocabulary
	a, b  facts
	delta Delta
}

func (c *comparison) add(aspect, subject, from, to string, class Class, special bool) {
	c.delta = append(c.delta, Change{aspect, subject, from, to, class, special})
}

// ranked adds a change of a value that has more and less. Two values of the
// same rank differ neutrally.
func (c *comparison) ranked(aspect, from, to string, less, more int) {
	if from == to {
		return
	}
	class := Neutral
	switch {
	case more > less:
		class = Widens
	case more < less:
		class = Narrows
	}
	c.add(aspect, "", from, to, class, false)
}

// replaced adds the changes of a value that has neither: a new host is one that
// data may go to, the old one is one that it may no longer go to.
func (c *comparison) replaced(aspect, from, to string) {
	if from == to {
		return
	}
	if from != "" {
		c.add(aspect, "", from, "", Narrows, false)
	}
	if to != "" {
		c.add(aspect, "", "", to, Widens, false)
	}
}
