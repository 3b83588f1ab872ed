package password

import (
	"slices"
	"strings"
	"unicode"
)

// How much each piece of a password counts, measured in random characters: a
// word out of a few thousand is worth about as much as three of them, a run
// such as 12345 or qwerty two, and what the guesser knows or has just seen one.
const (
	costKnown  = 1 // own word, or a repeat of what stands before
	costYear   = 1
	costRun    = 2
	costDate   = 2
	costWord   = 3
	enough     = 11 // four common words pass, three do not; 15 random characters count 15
	longestPad = 2  // cost of what may be put around one word without making it good
)

const (
	shortestWord = 4 // shorter ones count no more than their letters anyway
	shortestRun  = 3
)

// kind of a piece; it becomes the reason that is shown.
type kind int

const (
	kindOther kind = iota
	kindOwn
	kindCommon
	kindRepeat
	kindRun
	kinds
)

// weakness is the message key of what makes text (NFC) too easy to guess, or
// empty.
func weakness(text string, words []string) string {
	full := fold(text)
	squeezed := squeeze(full)
	if isBlock(full) || isBlock(squeezed) {
		return "password.repeated"
	}
	known := own(words)
	// The same text as it stands, without what separates its words, and with
	// symbols read as letters (p@$$word): the easiest reading counts.
	plain := unleet(full)
	for _, reading := range []struct {
		text  []rune
		extra int // worth of what the reading leaves out
	}{
		{full, 0},
		{squeezed, separators(full)},
		{squeeze(plain), separators(plain)},
	} {
		cost, covered := measure(reading.text, known)
		if cost+reading.extra < enough {
			return reason(covered)
		}
	}
	if isPaddedWord(squeezed, full, known) {
		return "password.padded_word"
	}
	return ""
}

func reason(covered [kinds]int) string {
	switch {
	case covered[kindOwn] > 0:
		return "password.contains_own_words"
	case covered[kindCommon] > 0:
		return "password.common"
	case covered[kindRepeat] > covered[kindRun]:
		return "password.repeated"
	}
	return "password.sequence"
}

// measure cuts text into the pieces that make it cheapest and returns their
// cost and how many characters each kind of piece covers.
func measure(text []rune, known dictionary) (int, [kinds]int) {
	type step struct {
		cost, from int
		kind       kind
	}
	best := make([]step, len(text)+1) // best[i]: the cheapest way to read text[:i]
	for i := range best {
		best[i].cost = i + 1<<20
	}
	best[0].cost = 0
	plain := unleet(text)
	for i := range text {
		piece := func(length, cost int, k kind) {
			if s := (step{best[i].cost + cost, i, k}); s.cost < best[i+length].cost {
				best[i+length] = s
			}
		}
		piece(1, 1, kindOther)
		run, repeat := runAt(text[i:]), repeatAt(text, i)
		for n := shortestRun; n <= run; n++ {
			piece(n, costRun, kindRun)
		}
		for n := shortestRun; n <= repeat; n++ {
			piece(n, costKnown, kindRepeat)
		}
		if isYear(text[i:]) {
			piece(4, costYear, kindRun)
		}
		if isDate(text[i:]) {
			piece(8, costDate, kindRun)
		}
		for _, reading := range [][]rune{text[i:], plain[i:]} {
			for _, n := range common().at(reading) {
				piece(n, costWord, kindCommon)
			}
			for _, n := range known.at(reading) {
				piece(n, costKnown, kindOwn)
			}
		}
	}
	var covered [kinds]int
	for i := len(text); i > 0; i = best[i].from {
		covered[best[i].kind] += i - best[i].from
	}
	return best[len(text)].cost, covered
}

// isBlock tells whether text is one block again and again ("abcabc").
func isBlock(text []rune) bool {
	for n := 1; 2*n <= len(text); n++ {
		if slices.Equal(text[n:], text[:len(text)-n]) {
			return true
		}
	}
	return false
}

// isPaddedWord tells whether text is one word, known to the lists or not, with
// little around it ("chrysanthemum2024!"): without that it would be too short.
// Random letters are no word: they show four consonants in a row sooner or
// later.
func isPaddedWord(squeezed, full []rune, known dictionary) bool {
	start := slices.IndexFunc(full, unicode.IsLetter)
	if start < 0 {
		return false
	}
	core := full[start:]
	if end := slices.IndexFunc(core, func(r rune) bool { return !unicode.IsLetter(r) }); end >= 0 {
		core = core[:end]
	}
	letters := slices.DeleteFunc(slices.Clone(squeezed), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(letters) != len(core) || len(core) >= MinLength || !isPronounceable(core) {
		return false
	}
	before, _ := measure(full[:start], known)
	after, _ := measure(full[start+len(core):], known)
	return before+after <= longestPad
}

func isPronounceable(word []rune) bool {
	row := 0
	for _, r := range word {
		if row++; strings.ContainsRune("aeiouy", r) || r >= 0x80 {
			row = 0
		}
		if row == 4 {
			return false
		}
	}
	return true
}

// separators is the worth of what squeeze drops: one for the same sign
// throughout, else one each.
func separators(text []rune) int {
	var dropped []rune
	for _, r := range text {
		if !isLetterOrDigit(r) {
			dropped = append(dropped, r)
		}
	}
	if len(dropped) > 1 && !slices.ContainsFunc(dropped, func(r rune) bool { return r != dropped[0] }) {
		return 1
	}
	return len(dropped)
}

var leet = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '@': 'a', '$': 's', '!': 'i', '€': 'e'}

// unleet reads digits and symbols as the letters they stand for, one for one.
func unleet(text []rune) []rune {
	out := slices.Clone(text)
	for i, r := range out {
		if l, ok := leet[r]; ok {
			out[i] = l
		}
	}
	return out
}
