package home

import (
	"context"

	"portal/web/i18n"
)

// lead is the sentence under the greeting: the organisation, or what the page
// is for.
func lead(ctx context.Context, o overview) string {
	if o.Standing != nil {
		return o.Standing.Partner.Organisation
	}
	return i18n.T(ctx, "home.lead")
}
