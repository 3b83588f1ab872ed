// Package guess finds the word that a misspelt one was most likely meant to be. It
// knows letters only.
package guess

import "strings"

// Nearest is the candidate that a word is nearest to, without regard to case and to
// the signs that join words, as fold removes them; ok is false where none is near:
// a third of the letters may differ, three at most. fold is Fold, or one that
// remembers.
func Nearest(word string, candidates []string, fold func(string) []rune) (best string, ok bool) {
	folded := fold(word)
	limit := min(3, max(1, len(folded)/3))
	for _, candidate := range candidates {
		other := fold(candidate)
		if gap := len(other) - len(folded); gap > limit || -gap > limit {
			continue
		}
		if d := distance(folded, other); d <= limit && d < max(len(folded), len(other)) {
			best, ok, limit = candidate, true, d-1
		}
	}
	return best, ok
}

// Fold is a word as Nearest compares it.
func Fold(s string) []rune { return []rune(strings.ToLower(joiners.Replace(s))) }

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
