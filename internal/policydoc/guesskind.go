package policydoc

import "bytes"

// GuessKind tells of which kind a document is by the keys of its outermost object,
// whatever else is wrong with it: by the text alone. It is false where the text
// has no such key, or as many of the other kind.
func GuessKind(doc []byte) (Kind, bool) {
	best, most, tie := Kind(""), 0, true
	for _, k := range Kinds() {
		n := 0
		for _, p := range compiledSchemas[k]().shape.props {
			if bytes.Contains(doc, []byte(p.key)) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, tie = k, n, false
		case n == most:
			tie = true
		}
	}
	return best, !tie
}
