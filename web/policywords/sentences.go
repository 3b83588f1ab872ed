package policywords

import (
	"context"
	"strings"

	"portal/internal/policydoc"
	"portal/web/i18n"
)

// Line is a sentence in the reader's language.
type Line struct {
	ID      string // see policydoc.Sentence
	Part    policydoc.Part
	Text    string
	Special bool // it is about data that needs the most care
	Lines   []int

	marks []mark
}

// Piece is a part of a line's text; Special ones name data that needs the most
// care, Changed ones, of a comparison, what only this side names.
type Piece struct {
	Text    string
	Special bool
	Changed bool
}

// Pieces is the line's text cut where names of special data begin and end.
func (l Line) Pieces() []Piece { return pieces(l.Text, l.marks) }

func pieces(text string, marks []mark) []Piece {
	out := make([]Piece, 0, 2*len(marks)+1)
	at := 0
	for _, m := range marks {
		if m.start > at {
			out = append(out, Piece{Text: text[at:m.start]})
		}
		out = append(out, Piece{Text: text[m.start:m.end], Special: m.special, Changed: m.changed})
		at = m.end
	}
	if at < len(text) {
		out = append(out, Piece{Text: text[at:]})
	}
	return out
}

// Sentences tell what a partner with this policy may do, what it gets and what
// it does not get: plain text, one fact each, in a fixed order.
func Sentences(ctx context.Context, v *policydoc.Vocabulary, m policydoc.Meaning) []Line {
	return lines(ctx, v, policydoc.Sentences(m, v))
}

func lines(ctx context.Context, v *policydoc.Vocabulary, all []policydoc.Sentence) []Line {
	t := newTeller(ctx, v)
	out := make([]Line, 0, len(all))
	for i := range all {
		out = append(out, t.line(&all[i]))
	}
	return out
}

func (t teller) line(s *policydoc.Sentence) Line {
	w := t.sentence(s.Key, s.Count, s.Args)
	return Line{ID: s.ID, Part: s.Part, Text: w.text, Special: s.Special, Lines: s.Lines, marks: w.marks}
}

// Plain is all sentences as text for a mail or a terminal: a heading for each
// part, a line for each sentence.
func Plain(ctx context.Context, v *policydoc.Vocabulary, m policydoc.Meaning) string {
	var b strings.Builder
	for _, p := range byPart(Sentences(ctx, v, m)) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(i18n.T(ctx, p.part.Key()) + "\n")
		for _, l := range p.lines {
			b.WriteString("- " + l.Text + "\n")
		}
	}
	return b.String()
}

type partLines struct {
	part  policydoc.Part
	lines []Line
}

// byPart cuts lines, which are in the order of the parts, where a part ends; a
// part without lines is left out.
func byPart(all []Line) []partLines {
	var out []partLines
	for start := 0; start < len(all); {
		end := start + 1
		for end < len(all) && all[end].Part == all[start].Part {
			end++
		}
		out = append(out, partLines{all[start].Part, all[start:end]})
		start = end
	}
	return out
}

// tagged reports whether a line is to carry a tag of its own: where it says that
// special data is used or handed over, once for all names in it.
func (l Line) tagged() bool {
	return l.Special && (strings.HasSuffix(l.ID, ".data") && l.Part == policydoc.Gets || l.Part == policydoc.MayDo)
}
