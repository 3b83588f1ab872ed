package partneradmin

import (
	"context"
	"net/url"
	"strings"

	"portal/internal/authz"
	"portal/internal/outlook"
	"portal/web/i18n"
	"portal/web/ui"
)

// supplies are the lists of what a provider supplies, each with what stands in it:
// a number of each state that has any.
func (s standing) supplies(ctx context.Context) []ui.Row {
	sup := s.Supply
	switch s.Type { //nolint:exhaustive // only these two types supply something
	case authz.DeviceProvider:
		sbis := line(ctx, "approved", sup.SBIs, "ending", sup.SBIsEnding, "waiting", sup.SBIPending, "returned", sup.SBIReturned, "ended", sup.SBIsEnded)
		devices := line(ctx, "approved", sup.Devices, "waiting", sup.DevicePending, "returned", sup.DeviceReturned)
		return []ui.Row{s.supply(ctx, "sbis", "/sbis", sbis), s.supply(ctx, "devices", "/devices", devices)}
	case authz.FTMProvider:
		o := sup.ChipSide
		chips := line(ctx, "chips_approved", o.Chips, "ending", o.ChipsEnding, "waiting", o.ChipPending, "returned", o.ChipReturned,
			"lost", o.ChipsLost, "renewals", o.ChipRenewals)
		return []ui.Row{s.supply(ctx, "chips", "/ftm-chips", chips)}
	}
	return nil
}

// supply is one of the lists, with the way to the provider's part of it.
func (s standing) supply(ctx context.Context, name, list, text string) ui.Row {
	return ui.Row{
		Label: i18n.T(ctx, "partneradmin.supply."+name), Value: text,
		Change: &ui.Link{Href: list + "?" + url.Values{"provider": {s.ID.String()}}.Encode(), Text: i18n.T(ctx, "partneradmin.supply.see")},
	}
}

// line says how many of each there are, of those of which there are any.
func line(ctx context.Context, pairs ...any) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		state, _ := pairs[i].(string)
		switch n, _ := pairs[i+1].(int); {
		case n > outlook.Bound:
			parts = append(parts, i18n.T(ctx, "partneradmin.supply.more", "What", i18n.T(ctx, "partneradmin.supply."+state, "Count", outlook.Bound)))
		case n > 0:
			parts = append(parts, i18n.T(ctx, "partneradmin.supply."+state, "Count", n))
		}
	}
	if len(parts) == 0 {
		return i18n.T(ctx, "partneradmin.supply.none")
	}
	return strings.Join(parts, " · ")
}
