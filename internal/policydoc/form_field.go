package policydoc

import "slices"

// FieldAt names the input that shows what stands at a path of the document, such
// as a finding's: the nearest one, so of a strange key in a row that of the row's
// name. "" is none. The form is one that FormOf made, before rows were added or
// removed.
func (f Form) FieldAt(path []Step) string {
	if len(path) == 0 {
		return ""
	}
	switch key := path[0].Key; {
	case f.Kind == KindAuth && key == keyTokenType:
		return FieldTokenType
	case f.Kind == KindAuth && key == keyWays && len(path) > 1:
		return f.Auth.fieldAt(path[1].Index)
	case f.Kind == KindAuth && key == keyAttributes:
		return FieldAttribute
	case f.Kind == KindAuth && key == keyLanguages:
		return FieldLanguage
	case f.Kind == KindDataShare && key == keyRules && len(path) > 1 && asks(f.Share.questions(), path[1].Key):
		return ShareField(path[1].Key)
	case f.Kind == KindDataShare && key == keyShared:
		return f.Share.fieldAt(path[1:])
	}
	return ""
}

func (f AuthForm) fieldAt(entry int) string {
	for _, w := range f.Ways {
		if slices.Contains(w.Origins, entry) {
			return w.Field()
		}
	}
	return ""
}

// fieldAt goes down as far as rows answer for the path.
func (f ShareForm) fieldAt(path []Step) string {
	row, ok := rowAt(f.Attributes, path, func(r AttributeRow) int { return r.Origin })
	if !ok {
		return ""
	}
	field := rowField(row.ID, row.questions(), path[1:])
	source, ok := rowAt(row.Sources, under(path[1:], keySource), func(r SourceRow) int { return r.Origin })
	if !ok {
		return field
	}
	path = path[3:]
	field = rowField(source.ID, source.questions(), path)
	filter, ok := rowAt(source.Filters, under(path, keyFilter), func(r FilterRow) int { return r.Origin })
	if !ok {
		return field
	}
	return rowField(filter.ID, filter.questions(), path[2:])
}

// rowAt is the row of the entry that a path begins with.
func rowAt[R any](rows []R, path []Step, origin func(R) int) (R, bool) {
	return find(rows, func(r R) bool { return len(path) > 0 && origin(r) == path[0].Index })
}

// under is the rest of a path that begins with key.
func under(path []Step, key string) []Step {
	if len(path) == 0 || path[0].Key != key {
		return nil
	}
	return path[1:]
}

// rowField is the input that a path in a row begins with, or else the first.
func rowField(id string, questions []question, path []Step) string {
	if len(path) > 0 && asks(questions, path[0].Key) {
		return RowField(id, path[0].Key)
	}
	return RowField(id, questions[0].key)
}

func asks(questions []question, key string) bool {
	return slices.Contains(keysOf(questions), key)
}
