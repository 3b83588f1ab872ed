package certdoc

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Piece is a stretch of two names side by side: Same on both, else Ours of the
// partner's and Theirs of the certificate's, either of which may be empty.
type Piece struct {
	Same         bool
	Ours, Theirs []Sign
}

// Sign is one character as a page can show it.
type Sign struct {
	Text    string // "" for one that cannot be seen
	Code    string // "U+00A0"
	NameKey string // message that names it, of one that cannot be seen
}

// SameName compares an organisation's name with the one in a certificate as
// security.md UPL-3 says: after NFC and without the blanks around.
func SameName(ours, theirs string) bool { return tidy(ours) == tidy(theirs) }

func tidy(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// maxCompared bounds the comparison, whose cost is the product of the lengths.
// Organisations have at most 128 characters.
const maxCompared = 300

// Compare lays two names side by side, character by character, with as much in
// common as can be (the longest common subsequence).
func Compare(ours, theirs string) []Piece {
	a, b := cut([]rune(tidy(ours))), cut([]rune(tidy(theirs)))
	length := common(a, b)
	var pieces []Piece
	add := func(same bool, x, y []rune) {
		if n := len(pieces); n > 0 && pieces[n-1].Same == same {
			pieces[n-1].Ours = append(pieces[n-1].Ours, signs(x)...)
			pieces[n-1].Theirs = append(pieces[n-1].Theirs, signs(y)...)
			return
		}
		pieces = append(pieces, Piece{Same: same, Ours: signs(x), Theirs: signs(y)})
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(true, a[i:i+1], b[j:j+1])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			add(false, a[i:i+1], nil)
			i++
		default:
			add(false, nil, b[j:j+1])
			j++
		}
	}
	return pieces
}

func cut(r []rune) []rune { return r[:min(len(r), maxCompared)] }

// common is the table of the longest common subsequence: [i][j] is its length
// for a from i and b from j.
func common(a, b []rune) [][]int {
	t := make([][]int, len(a)+1)
	for i := range t {
		t[i] = make([]int, len(b)+1)
	}
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				t[i][j] = t[i+1][j+1] + 1
			} else {
				t[i][j] = max(t[i+1][j], t[i][j+1])
			}
		}
	}
	return t
}

func signs(rs []rune) []Sign {
	out := make([]Sign, len(rs))
	for i, r := range rs {
		out[i] = Sign{Text: string(r), Code: fmt.Sprintf("U+%04X", r)}
		if key := nameOf(r); key != "" {
			out[i].Text, out[i].NameKey = "", key
		}
	}
	return out
}

// invisible are the characters that people meet and cannot see.
var invisible = map[rune]string{
	' ':      "certificate.sign.space",
	'\u00a0': "certificate.sign.no_break_space",
	'\u00ad': "certificate.sign.soft_hyphen",
	'\u200b': "certificate.sign.zero_width_space",
	'\u200c': "certificate.sign.zero_width_non_joiner",
	'\u200d': "certificate.sign.zero_width_joiner",
	'\u200e': "certificate.sign.left_to_right_mark",
	'\u200f': "certificate.sign.right_to_left_mark",
	'\u2060': "certificate.sign.word_joiner",
	'\ufeff': "certificate.sign.byte_order_mark",
	'\t':     "certificate.sign.tab",
}

// nameOf is the message that names a character that cannot be seen, "" for one
// that can.
func nameOf(r rune) string {
	if key, ok := invisible[r]; ok {
		return key
	}
	switch {
	case unicode.IsSpace(r):
		return "certificate.sign.other_space"
	case !unicode.IsGraphic(r), unicode.Is(unicode.Mn, r):
		return "certificate.sign.other"
	}
	return ""
}
