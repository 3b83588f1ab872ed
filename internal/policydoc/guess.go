package policydoc

import "portal/internal/guess"

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
	return guess.Nearest(word, candidates, func(candidate string) []rune {
		f, ok := c.folded[candidate]
		if !ok {
			f = guess.Fold(candidate)
			c.folded[candidate] = f
		}
		return f
	})
}
