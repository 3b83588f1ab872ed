package sbi

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/device"
	"portal/internal/id"
	"portal/web/i18n"
	"portal/web/page"
)

// alongView is what becomes of the devices of an SBI that ends or comes back.
type alongView struct {
	Texts []string
	Named []device.Row // of those that go along, the newest
	More  int          // of them that are not named
}

// maxNamed is how many devices are named.
const maxNamed = 10

// beside is what the page of an act says besides: the devices that go along.
func (h handlers) beside(ctx context.Context, sid id.SBI, act string) (templ.Component, error) {
	switch act {
	case "deactivate":
		return h.ending(ctx, sid)
	case "reactivate":
		r, err := h.devices.ReturningOf(ctx, sid)
		if err != nil {
			return nil, err
		}
		return along(alongView{Texts: counted(ctx, "sbi.reactivate.back", r.Back, "sbi.reactivate.stay", r.Stay)}), nil
	}
	return templ.NopComponent, nil
}

// ending counts what ends with an SBI, and names the newest devices of it.
func (h handlers) ending(ctx context.Context, sid id.SBI) (templ.Component, error) {
	approved, pending, err := h.devices.ReachOf(ctx, sid)
	if err != nil {
		return nil, err
	}
	v := alongView{Texts: counted(ctx, "sbi.deactivate.devices", approved, "sbi.deactivate.pending", pending)}
	if approved == 0 {
		return along(v), nil
	}
	q := device.List.Parse(url.Values{"sbi": {sid.String()}, "status": {string(approval.Approved)}, "size": {"10"}})
	rows, err := h.devices.Rows(ctx, page.Actor(ctx).Scope(), q)
	if err != nil {
		return nil, err
	}
	v.Named = rows.Items[:min(len(rows.Items), maxNamed)]
	v.More = approved - len(v.Named)
	return along(v), nil
}

// counted are sentences of how many; the second is left out for none.
func counted(ctx context.Context, first string, n int, second string, m int) []string {
	texts := []string{i18n.T(ctx, first, "Count", n)}
	if m > 0 {
		texts = append(texts, i18n.T(ctx, second, "Count", m))
	}
	return texts
}
