package policy

import "portal/internal/policydoc"

// difference is everything in which two texts differ; "" is no text, which
// allows nothing. known is false when one of them cannot be understood: then
// nobody may say that the change is harmless.
func difference(kind Kind, from, to string, words *policydoc.Vocabulary) (changes policydoc.Delta, known bool) {
	a, aKnown := meaning(kind, from)
	b, bKnown := meaning(kind, to)
	if !aKnown || !bKnown {
		return nil, false
	}
	return policydoc.Compare(a, b, words), true
}

func meaning(kind Kind, document string) (policydoc.Meaning, bool) {
	if document == "" {
		return policydoc.Meaning{Kind: kind}, true
	}
	return policydoc.Understand(kind, []byte(document))
}
