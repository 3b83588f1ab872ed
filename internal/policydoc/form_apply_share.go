package policydoc

func (a *applier) share(top *objectPlan, f ShareForm) {
	top.order = []string{keyRules, keyShared}
	a.e.shareModels(top.n)
	if rules := top.n.get(keyRules); rules != nil && rules.kind == objectNode {
		o := a.object(rules, top.inside(), keysOf(f.questions()))
		o.answers(f.questions())
		o.done()
	} else if v := a.newRules(f); len(v.elements) > 0 {
		top.set(keyRules, v)
	}
	list := top.list(keyShared)
	in := a.e.inside(list)
	p := a.origins(list, len(f.Attributes), func(i int) int { return f.Attributes[i].Origin },
		func(i int, n *node) { a.attributeRow(n, in, f.Attributes[i]) },
		func(i int) fresh { return a.newAttribute(f.Attributes[i]) })
	top.entries(keyShared, p)
	top.required(keyRules, freshObject())
	top.required(keyShared, freshList())
}

// shareModels looks for the last list under each key.
func (e *editor) shareModels(root *node) {
	keep := func(n *node, key string) []*node {
		v := n.get(key)
		if v == nil || v.kind != listNode || v.size() == 0 {
			return nil
		}
		e.models[key] = v
		return v.items
	}
	for _, attribute := range keep(root, keyShared) {
		for _, source := range keep(attribute, keySource) {
			for _, filter := range keep(source, keyFilter) {
				keep(filter, keySubTypes)
			}
		}
	}
}

// newRules are the sharing rules of a document that has none.
func (a *applier) newRules(f ShareForm) fresh {
	v := freshObject()
	for _, q := range f.questions() {
		if value, said := a.value(q); said {
			v.push(value.member(q.key))
		}
	}
	return v
}

func (a *applier) attributeRow(n *node, around place, r AttributeRow) {
	o := a.object(n, around, []string{keyName, keyGroup, keySource, keyEncrypted, keyFormat})
	o.answers(r.questions())
	list := o.list(keySource)
	in := a.e.inside(list)
	p := a.origins(list, len(r.Sources), func(i int) int { return r.Sources[i].Origin },
		func(i int, n *node) { a.sourceRow(n, in, r.Sources[i]) },
		func(i int) fresh { return a.newSource(r.Sources[i]) })
	o.entries(keySource, p)
	o.done()
}

func (a *applier) sourceRow(n *node, around place, r SourceRow) {
	o := a.object(n, around, []string{keyRecorded, keyFilter})
	o.answers(r.questions())
	list := o.list(keyFilter)
	in := a.e.inside(list)
	p := a.origins(list, len(r.Filters), func(i int) int { return r.Filters[i].Origin },
		func(i int, n *node) { a.filterRow(n, in, r.Filters[i]) },
		func(i int) fresh { return a.newObject(r.Filters[i].questions()) })
	if list != nil && p.empties(list) {
		o.drop(keyFilter) // an empty list of filters is not allowed
	} else {
		o.entries(keyFilter, p)
	}
	o.done()
}

func (a *applier) filterRow(n *node, around place, r FilterRow) {
	o := a.object(n, around, []string{keyType, keySubTypes, keyLanguage})
	o.answers(r.questions())
	o.done()
}

// newAttribute writes the sources of a new row where the schema has them.
func (a *applier) newAttribute(r AttributeRow) fresh {
	sources := freshList()
	for _, s := range r.Sources {
		sources.push(a.newSource(s).entry())
	}
	v := freshObject()
	for _, el := range a.newObject(r.questions()).elements {
		if el.key == keyName || el.key == keyGroup {
			v.push(el)
		}
	}
	v.push(sources.member(keySource))
	v.elements = append(v.elements, a.newObject(r.questions()).elements[len(v.elements)-1:]...)
	return v
}

func (a *applier) newSource(s SourceRow) fresh {
	v := a.newObject(s.questions())
	if len(s.Filters) == 0 {
		return v
	}
	filters := freshList()
	for _, f := range s.Filters {
		filters.push(a.newObject(f.questions()).entry())
	}
	v.push(filters.member(keyFilter))
	return v
}

// origins sorts out which entries of a list stay, and where new rows stand. origin
// is that of the row i; keep is called for those that stay, and write
// for new ones.
func (a *applier) origins(list *node, rows int, origin func(i int) int, keep func(i int, n *node), write func(i int) fresh) plan {
	var p plan
	stays := make(map[int]bool)
	last := -1
	newest := rows // the rows from here on are new
	for newest > 0 && origin(newest-1) < 0 {
		newest--
	}
	for i := range rows {
		at := origin(i)
		switch {
		case at < 0 && i >= newest:
			p.add(list.size()-1, write(i).entry())
		case at < 0:
			p.add(last, write(i).entry())
		case at <= last || at >= list.size() || list.items[at].kind != objectNode:
			a.wrong = true
			return plan{}
		default:
			last = at
			stays[at] = true
			keep(i, list.items[at])
		}
	}
	for i, item := range list.list() {
		if item.kind == objectNode && !stays[i] {
			p.remove(i)
		}
	}
	return p
}
