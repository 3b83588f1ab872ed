package policywords

import (
	"context"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// ChangeLine is a change of a policy in the reader's language.
type ChangeLine struct {
	Class     policydoc.Class
	ClassText string // "Widens"
	Text      string
	Special   bool // it is about data that needs the most care

	marks []mark
}

// Pieces is the text cut where names of special data begin and end.
func (c ChangeLine) Pieces() []Piece { return pieces(c.Text, c.marks) }

// Changes tells each change of a difference in a sentence, in its order. It
// takes what was kept with a decision long ago: an aspect that is no longer
// known is named as it is.
func Changes(ctx context.Context, v *policydoc.Vocabulary, d policydoc.Delta) []ChangeLine {
	t := newTeller(ctx, v)
	out := make([]ChangeLine, 0, len(d))
	for _, c := range d {
		w := t.change(c)
		out = append(out, ChangeLine{
			Class: c.Class, ClassText: i18n.T(ctx, c.Class.Key()), Text: w.text, Special: c.Special, marks: w.marks,
		})
	}
	return out
}

// Summary counts the changes by what they do: "3 changes widen and 1 change
// narrows". It is empty for none.
func Summary(ctx context.Context, d policydoc.Delta) string {
	var words []string
	for _, class := range classes {
		if n := len(ofClass(d, class)); n > 0 {
			words = append(words, i18n.T(ctx, "policy_delta.summary."+string(class), "Count", n))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return i18n.T(ctx, "policy_delta.summary", "Changes", Join(ctx, words, policydoc.All))
}

func ofClass(d policydoc.Delta, class policydoc.Class) policydoc.Delta {
	var out policydoc.Delta
	for _, c := range d {
		if c.Class == class {
			out = append(out, c)
		}
	}
	return out
}

// classes are in the order of the list: what needs the most attention first.
var classes = []policydoc.Class{policydoc.Widens, policydoc.Narrows, policydoc.Neutral}
