package policy

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"portal/internal/policydoc"
	"portal/web/policywords"
)

var _ = policywords.URL

func deltaList(_ *policydoc.Vocabulary, _ policydoc.Kind, d policydoc.Delta) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return nil })
}

func sentenceCompare(_ *policydoc.Vocabulary, _ policydoc.Kind, a, b string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error { return nil })
}
