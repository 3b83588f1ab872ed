package device

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/web/certwords"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// ownView is a device as its provider sees it.
type ownView struct {
	device.Standing
	Thing decide.Thing
	Types devicetype.Types
	Today time.Time
}

// reviewView is a device as an admin sees it.
type reviewView struct {
	device.Review
	Thing decide.Thing
	Types devicetype.Types
	Today time.Time
}

// show is one device: how it stands for its provider, and what there is to weigh
// for an admin.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	did, err := parseID(r)
	if err != nil {
		return err
	}
	scope := page.Actor(ctx).Scope()
	types, err := h.types.All(ctx)
	if err != nil {
		return err
	}
	if !scope.All {
		st, err := h.devices.Standing(ctx, scope, did)
		if err != nil {
			return err
		}
		return page.Render(w, r, http.StatusOK, ownPage(ownView{st, spoken(ctx, types, thingOf(st)), types, h.devices.Today()}))
	}
	review, err := h.devices.Review(ctx, scope, did)
	if err != nil {
		return err
	}
	v, of := reviewView{review, spoken(ctx, types, h.weighed(ctx, review)), types, h.devices.Today()}, did.String()
	return page.Render(w, r, http.StatusOK, reviewPage(v, h.work(ctx, audit.Device, of), h.trail(ctx, audit.Device, of)))
}

// spoken is a thing whose answers name the type in the reader's language; they are
// kept by its codes.
func spoken(ctx context.Context, types devicetype.Types, t decide.Thing) decide.Thing {
	t.Submissions = slices.Clone(t.Submissions)
	for i, s := range t.Submissions {
		first, second, _ := strings.Cut(s.Answers[device.FieldType], ": ")
		if of, sub, ok := types.Find(first, second); ok {
			t.Submissions[i].Answers = maps.Clone(s.Answers)
			t.Submissions[i].Answers[device.FieldType] = kindText(ctx, of, sub)
		}
	}
	return t
}

// halted says why an approved device does not count now, "" for any other.
func halted(ctx context.Context, d device.Device, today time.Time) string {
	if d.Status != approval.Approved {
		return ""
	}
	return page.Meanwhile(ctx, d.Halt(today))
}

// editPath is where the provider can change the device, "" where it cannot.
func (v ownView) editPath() string {
	if len(v.Open(v.Today)) == 0 {
		return ""
	}
	return showURL(v.ID) + "/edit"
}

// facts are what a device is.
func facts(ctx context.Context, d device.Device, types devicetype.Types) []ui.Row {
	rows := []ui.Row{
		{Label: i18n.T(ctx, "device.field.device_type"), Value: typeText(ctx, types, d.TypeID, d.SubTypeID), Component: ui.Code(d.Kind())},
		{Label: i18n.T(ctx, "device.field.make"), Value: d.Make},
		{Label: i18n.T(ctx, "device.field.model"), Value: d.Model},
		{
			Label: i18n.T(ctx, "device.field.sbi"), Component: ui.LinkTo(ui.Link{Href: sbiURL(d.SBIID), Text: d.SBIVersion}),
			Note: i18n.T(ctx, "device.sbi_last_day", "Day", i18n.Day(ctx, d.SBIExpiresOn)),
		},
		{Label: i18n.T(ctx, "device.registered_by"), Component: ui.Date(d.CreatedAt), Note: i18n.T(ctx, "device.registered_by.note", "Name", d.RegisteredByName)},
	}
	if d.ApprovedAt != nil {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "device.approved_on"), Component: ui.Date(*d.ApprovedAt)})
	}
	return rows
}

// providerRows are whose device it is.
func (v reviewView) providerRows(ctx context.Context) []ui.Row {
	return []ui.Row{
		{
			Label: i18n.T(ctx, "device.provider"), Component: ui.LinkTo(ui.Link{Href: "/partners/" + v.PartnerID.String(), Text: v.Organisation}),
			Note: i18n.T(ctx, "partner.status."+v.PartnerStatus),
		},
		{Label: i18n.T(ctx, "partner.field.public_id"), Component: ui.Code(v.PublicID)},
		{Label: i18n.T(ctx, "device.certificate"), Component: certificateCell(v)},
		{
			Label: i18n.T(ctx, "device.submitted"), Component: ui.Time(v.SubmittedAt),
			Note: i18n.T(ctx, "device.submission.by", "Number", v.Submission, "Name", v.Submissions[0].SubmittedByName),
		},
	}
}

// certificateLink names the certificate that counts.
func (v reviewView) certificateLink() ui.Link {
	return ui.Link{Href: "/certificates/" + v.Certificate.ID.String(), Text: certwords.Name(v.Certificate.Subject)}
}

// sbiRows are the software that the device is for.
func (v reviewView) sbiRows(ctx context.Context) []ui.Row {
	last := ui.Row{Label: i18n.T(ctx, "device.sbi.expires_on"), Component: ui.Day(v.SBIExpiresOn)}
	if v.SBIExpiresOn.Before(v.Today) {
		last.Note = i18n.T(ctx, "approval.expired")
	}
	return []ui.Row{
		{Label: i18n.T(ctx, "device.field.sbi"), Component: sbiCell(v)},
		{Label: i18n.T(ctx, "device.sbi.hash"), Component: ui.Code(hashText(v.SBIHash))},
		{Label: i18n.T(ctx, "device.sbi.created_on"), Component: ui.Day(v.SBICreatedOn)},
		last,
		{Label: i18n.T(ctx, "device.sbi.devices"), Component: sbiDevices(v)},
	}
}

// otherText is one line of a list of other devices.
func otherText(ctx context.Context, types devicetype.Types, r row) string {
	return i18n.T(ctx, "device.other", "Type", typeText(ctx, types, r.TypeID, r.SubTypeID), "Name", r.Organisation, "When", i18n.Date(ctx, r.SubmittedAt))
}

// allOfURL decides on all devices of an SBI that wait.
func allOfURL(verb string, sid id.SBI) string { return listURL + "/" + verb + "?sbi=" + sid.String() }

// ofSBI is the list of an SBI's devices.
func ofSBI(sid id.SBI) string { return listURL + "?sbi=" + sid.String() }
