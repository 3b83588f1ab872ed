package policyrequest

import (
	"encoding/hex"
	"slices"

	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/internal/problem"
)

// Answers are what a partner says when it asks: why, and of each attribute that
// needs special care, what for.
type Answers struct {
	Reason string `json:"reason"`
	Needs  []Need `json:"needs,omitempty"` // in the order of the document
}

// Need is why one attribute is needed.
type Need struct {
	Attribute string `json:"attribute"` // as the document names it
	Why       string `json:"why"`
}

// FieldReason is the field of Answers.Reason: in review lines, and as the name of
// the form's input.
const FieldReason = "reason"

// NeedField is the field of why an attribute is needed. It is an input's name, so
// it holds nothing that an attribute's name may hold and an id may not.
func NeedField(attribute string) string { return "need_" + hex.EncodeToString([]byte(attribute)) }

// AttributeOf is the attribute that a field is about, "" for any other field.
func AttributeOf(field string) string {
	const prefix = len("need_")
	if len(field) < prefix || field[:prefix] != "need_" {
		return ""
	}
	name, err := hex.DecodeString(field[prefix:])
	if err != nil {
		return ""
	}
	return string(name)
}

// Fields are the fields of answers, in the order of the form.
func (a Answers) Fields() []string {
	fields := []string{FieldReason}
	for _, n := range a.Needs {
		fields = append(fields, NeedField(n.Attribute))
	}
	return fields
}

// Value is the answer to a field, "" for one that is not answered.
func (a Answers) Value(field string) string {
	if field == FieldReason {
		return a.Reason
	}
	for _, n := range a.Needs {
		if NeedField(n.Attribute) == field {
			return n.Why
		}
	}
	return ""
}

// AnswersFor are answers with a line for each of the attributes, and no other.
func AnswersFor(attributes []string, value func(field string) string) Answers {
	a := Answers{Reason: value(FieldReason)}
	for _, name := range attributes {
		a.Needs = append(a.Needs, Need{Attribute: name, Why: value(NeedField(name))})
	}
	return a
}

// check trims the answers and reports what is wrong with the given fields.
func (a *Answers) check(fields []string) error {
	var f problem.Fields
	judge := func(field string, value *string) {
		if slices.Contains(fields, field) {
			*value = f.Lines(field, *value, MaxReason, true)
		}
	}
	judge(FieldReason, &a.Reason)
	for i := range a.Needs {
		judge(NeedField(a.Needs[i].Attribute), &a.Needs[i].Why)
	}
	return f.Err()
}

func (a Answers) equal(b Answers) bool { return a.Reason == b.Reason && slices.Equal(a.Needs, b.Needs) }

// Diff is one answer that differs between two submissions.
type Diff struct{ Field, Before, After string }

// differences are the answers that are not the same, in the order of the form.
func differences(before, after Answers) []Diff {
	fields := after.Fields()
	for _, field := range before.Fields() {
		if !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	var diffs []Diff
	for _, field := range fields {
		if old, now := before.Value(field), after.Value(field); old != now {
			diffs = append(diffs, Diff{Field: field, Before: old, After: now})
		}
	}
	return diffs
}

// Received are the attributes that a partner receives under a policy, as the
// document names them, each once. An Auth policy hands out data only with a way
// that returns it (policy.Decide).
func Received(m policydoc.Meaning) []string {
	var all []string
	if slices.ContainsFunc(m.Auth.Ways, func(w policydoc.Way) bool { return policydoc.ReturnsData(w.Type) }) {
		for _, a := range m.Auth.Attributes {
			all = append(all, a.Name)
		}
	}
	for _, a := range m.Share.Attributes {
		all = append(all, a.Name)
	}
	return once(all)
}

// Special are those of the attributes received that need special care by the
// vocabulary, whatever a Data share policy calls them: those for which a partner
// says why it needs them. None for a document that cannot be understood.
func Special(v *policydoc.Vocabulary, kind policy.Kind, document string) []string {
	m, ok := policydoc.Understand(kind, []byte(document))
	if !ok {
		return nil
	}
	return slices.DeleteFunc(Received(m), func(name string) bool {
		return !v.Special(policydoc.Attributes, name) && !slices.ContainsFunc(m.Share.Attributes, func(a policydoc.SharedAttribute) bool {
			return a.Name == name && slices.ContainsFunc(a.Sources, func(s policydoc.Source) bool { return v.SpecialSource(s.Attribute) })
		})
	})
}

// handsOut are the recorded attributes that a document hands out, each once, by
// the vocabulary's names: what two partners can have in common whatever each
// calls it.
func handsOut(v *policydoc.Vocabulary, kind policy.Kind, document string) []string {
	m, ok := policydoc.Understand(kind, []byte(document))
	if !ok {
		return nil
	}
	if kind != policydoc.KindDataShare {
		return Received(m)
	}
	var all []string
	for _, a := range m.Share.Attributes {
		for _, s := range a.Sources {
			name := s.Attribute
			if t, known := v.Source(name); known {
				name = t.Name
			}
			all = append(all, name)
		}
	}
	return once(all)
}

// once is the list without repetitions, in its order.
func once(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(name string) bool {
		was := seen[name]
		seen[name] = true
		return was
	})
}
