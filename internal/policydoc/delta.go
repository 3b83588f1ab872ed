package policydoc

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

// Change is one thing in which two documents differ. It is plain data, kept with
// the decision that it was shown for and put into words when it is read.
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
