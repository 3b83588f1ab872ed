package policydoc

// KindOf tells by its keys which kind a document is meant to be; KindAuth for
// one that has keys of neither, so that the findings say what is missing.
func KindOf(doc []byte) Kind {
	p := &parser{doc: doc}
	root := p.document()
	if root == nil {
		return KindAuth
	}
	for _, k := range Kinds() {
		for _, m := range root.members {
			if compiledSchemas[k]().root.Properties[m.key] != nil {
				return k
			}
		}
	}
	return KindAuth
}
