package policydoc

import (
	"strconv"
)

// The keys of a Data share policy, in the schema's order.
const (
	keyRules      = "dataSharePolicies"
	keyShared     = "shareableAttributes"
	keyGroup      = "group"
	keySource     = "source"
	keyRecorded   = "attribute"
	keyFilter     = "filter"
	keyType       = "type"
	keySubTypes   = "subType"
	keyLanguage   = "language"
	keyEncrypted  = "encrypted"
	keyFormat     = "format"
	keyShareType  = "typeOfShare"
	keyMinutes    = "validForInMinutes"
	keyTimes      = "transactionsAllowed"
	keyEncryption = "encryptionType"
	keyDomain     = "shareDomain"
	keyProtocol   = "protocol"
)

func (f *ShareForm) questions() []question {
	return []question{
		{key: keyShareType, answer: &f.TypeOfShare},
		{key: keyMinutes, answer: &f.Minutes, control: countControl},
		{key: keyTimes, answer: &f.Transactions, control: countControl},
		{key: keyEncryption, answer: &f.Encryption},
		{key: keyDomain, answer: &f.Domain},
		{key: keySource, answer: &f.Source},
		{key: keyProtocol, answer: &f.Protocol, optional: true},
	}
}

func (r *AttributeRow) questions() []question {
	return []question{
		{key: keyName, answer: &r.Name},
		{key: keyGroup, answer: &r.Group, optional: true},
		{key: keyEncrypted, answer: &r.Encrypted, control: flagControl},
		{key: keyFormat, answer: &r.Format, optional: true},
	}
}

func (r *SourceRow) questions() []question {
	return []question{{key: keyRecorded, answer: &r.Attribute}}
}

func (r *FilterRow) questions() []question {
	return []question{
		{key: keyType, answer: &r.Type, optional: true},
		{key: keySubTypes, answer: &r.SubTypes, control: namesControl, optional: true},
		{key: keyLanguage, answer: &r.Language, optional: true},
	}
}

func (p *projector) share(root *node) ShareForm {
	var f ShareForm
	rules := root.get(keyRules)
	path := []Step{{Key: keyRules}}
	switch {
	case rules == nil:
	case rules.kind != objectNode:
		p.other(rules, path)
	default:
		p.unknown(rules, path, keysOf(f.questions())...)
	}
	p.answers(rules, f.questions())
	p.unknown(root, nil, keyRules, keyShared)
	outside := p.takeOthers()
	p.rowItems(root, keyShared, nil, func(n *node, i int, path []Step) {
		f.Attributes = append(f.Attributes, p.attributeRow(n, i, path))
	}, &outside)
	p.others = outside
	return f
}

func keysOf(questions []question) []string {
	keys := make([]string, len(questions))
	for i, q := range questions {
		keys[i] = q.key
	}
	return keys
}

// rowItems reads the entries of a list that are objects; what else the list has
// is set aside with the level that holds the list.
func (p *projector) rowItems(n *node, key string, path []Step, row func(*node, int, []Step), outside *[]Other) {
	items := p.list(n, key, path)
	for i, item := range items {
		at := append(path[:len(path):len(path)], Step{Key: key}, Step{Index: i, Item: true})
		switch {
		case item.kind != objectNode:
			p.other(item, at)
		case !p.row():
			return
		default:
			*outside = append(*outside, p.takeOthers()...)
			row(item, i, at)
		}
	}
	*outside = append(*outside, p.takeOthers()...)
}

func (p *projector) attributeRow(n *node, origin int, path []Step) AttributeRow {
	r := AttributeRow{ID: strconv.Itoa(origin), Origin: origin}
	p.answers(n, r.questions())
	p.unknown(n, path, keyName, keyGroup, keySource, keyEncrypted, keyFormat)
	r.Others = p.takeOthers()
	p.rowItems(n, keySource, path, func(n *node, i int, path []Step) {
		r.Sources = append(r.Sources, p.sourceRow(n, i, r.ID, path))
	}, &r.Others)
	return r
}

func (p *projector) sourceRow(n *node, origin int, in string, path []Step) SourceRow {
	r := SourceRow{ID: below(in, keySource, strconv.Itoa(origin)), Origin: origin}
	p.answers(n, r.questions())
	p.unknown(n, path, keyRecorded, keyFilter)
	r.Others = p.takeOthers()
	p.rowItems(n, keyFilter, path, func(n *node, i int, path []Step) {
		r.Filters = append(r.Filters, p.filterRow(n, i, r.ID, path))
	}, &r.Others)
	return r
}

func (p *projector) filterRow(n *node, origin int, in string, path []Step) FilterRow {
	r := FilterRow{ID: below(in, keyFilter, strconv.Itoa(origin)), Origin: origin}
	p.answers(n, r.questions())
	p.unknown(n, path, keysOf(r.questions())...)
	r.Others = p.takeOthers()
	return r
}

// below is the ID of a row in the list key of another row.
func below(in, key, label string) string { return in + ":" + key + ":" + label }
