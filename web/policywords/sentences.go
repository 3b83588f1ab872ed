package policywords

import (
	"context"

	"portal/internal/policydoc"
)

// Sentences tell what a partner with this policy may do, what it gets and what
// it does not get: plain text, one fact each, always in the same order.
func Sentences(ctx context.Context, v *policydoc.Vocabulary, m policydoc.Meaning) []string {
	var out []string
	for _, w := range m.Auth.Ways {
		out = append(out, Label(ctx, v, policydoc.AuthTypes, w.Type))
	}
	for _, a := range m.Auth.Attributes {
		out = append(out, Label(ctx, v, policydoc.Attributes, a.Name))
	}
	for _, a := range m.Share.Attributes {
		out = append(out, Label(ctx, v, policydoc.Attributes, a.Name))
	}
	return out
}
