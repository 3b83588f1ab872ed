package certificate

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"portal/internal/certificate"
	"portal/internal/id"
	"portal/web/page"
)

// PanelOf is the part of a partner's page that tells how the partner stands with
// its certificates. The read happens while the page is rendered into its buffer;
// an error there becomes the error page.
func PanelOf(certs *certificate.Service) func(ctx context.Context, partner id.Partner) templ.Component {
	return func(ctx context.Context, partner id.Partner) templ.Component {
		held, err := certs.Standing(ctx, page.Actor(ctx).Scope(), partner)
		if err != nil {
			return templ.ComponentFunc(func(context.Context, io.Writer) error { return err })
		}
		return panel(held)
	}
}
