package policydoc

import (
	"encoding/json"
	"slices"
)

type nodeKind byte

const (
	nullNode nodeKind = iota
	flagNode
	numberNode
	textNode
	listNode
	objectNode
)

// node is one value of the document with its place. Unlike the values of
// encoding/json it keeps the order of keys and those written twice.
type node struct {
	kind       nodeKind
	start, end int // bytes of the value
	// bad: the walk has already said what is wrong with this value, or had to
	// guess it. The schema says nothing more about it.
	bad     bool
	flag    bool
	text    string // decoded text, or the number as written
	members []member
	items   []*node

	index map[string]int // key → first member; nil while there are few
}

type member struct {
	key        string
	start, end int // bytes of the key with its quotes
	value      *node
	twice      bool // the key is there already; of two the first counts
}

// fewMembers can be searched one by one; nearly every object has so few.
const fewMembers = 16

// add appends a member, one of a key that is there already too; then twice is
// set.
func (n *node) add(m member) {
	if n.members == nil {
		n.members = make([]member, 0, 4) // most have two or three
	}
	n.members = append(n.members, m)
	switch {
	case n.index != nil:
		if !m.twice {
			n.index[m.key] = len(n.members) - 1
		}
	case len(n.members) > fewMembers:
		n.index = make(map[string]int, 2*len(n.members))
		for i, m := range slices.Backward(n.members) {
			n.index[m.key] = i
		}
	}
}

// member finds the first member of that name.
func (n *node) member(key string) (member, bool) {
	if n == nil {
		return member{}, false
	}
	if n.index != nil {
		i, ok := n.index[key]
		if !ok {
			return member{}, false
		}
		return n.members[i], true
	}
	for _, m := range n.members {
		if m.key == key {
			return m, true
		}
	}
	return member{}, false
}

// get is the value of a key, nil if there is none. get on nil is nil.
func (n *node) get(key string) *node {
	m, _ := n.member(key)
	return m.value
}

// list is the items of a list, nothing for any other value.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// value is what a schema is held against: the shapes of encoding/json, with
// numbers as written. Of a key written twice it takes the first.
func (n *node) value() any {
	switch n.kind {
	case objectNode:
		out := make(map[string]any, len(n.members))
		for _, m := range n.members {
			if !m.twice {
				out[m.key] = m.value.value()
			}
		}
		return out
	case listNode:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.value()
		}
		return out
	case textNode:
		return n.text
	case numberNode:
		if n.bad { // not one that may be computed with: 1e999999999
			return nil
		}
		return json.Number(n.text)
	case flagNode:
		return n.flag
	default:
		return nil
	}
}
