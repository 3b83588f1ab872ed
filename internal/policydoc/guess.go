package policydoc

import "strings"

// maxGuesses bounds the work on a document with thousands of unknown words: a
// reader who sees a hundred findings needs no more.
const maxGuesses = 2 * MaxFindings

// guess finds the candidate that a misspelt word was most likely meant to be.
func (c *collector) guess(word string, candidates []string) (string, bool) {
	if c.guesses++; c.guesses > maxGuesses || len(word) > MaxKeyBytes {
		return "", false
	}
	if c.folded == nil {
		c.folded = make(map[string][]rune)
	}
	return nearest(word, candidates, func(candidate string) []rune {
		f, ok := c.folded[candidate]
		if !ok {
			f = fold(candidate)
			c.folded[candidate] = f
		}
		return f
	})
}

// nearest compares without regard to case and to the signs that join words, as
// fold removes them. A third of the letters may differ, three at most.
func nearest(word string, candidates []string, fold func(string) []rune) (string, bool) {
	folded := fold(word)
	best, found := "", false
	limit := min(3, max(1, len(folded)/3))
	for _, candidate := range candidates {
		other := fold(candidate)
		if gap := len(other) - len(folded); gap > limit || -gap > limit {
			continue
		}
		if d := distance(folded, other); d <= limit && d < max(len(folded), len(other)) {
			best, found, limit = candidate, true, d-1
		}
	}
	return best, found
}

func fold(s string) []rune {
	return []rune(strings.ToLower(joiners.Replace(s)))
}

var joiners = strings.NewReplacer("_", "", "-", "", " ", "")

// distance counts the letters to add, remove, replace or swap with their
// neighbour to make b of a.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
