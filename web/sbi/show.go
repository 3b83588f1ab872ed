package sbi

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/certificate"
	"portal/internal/id"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// ownView is an SBI as its provider sees it.
type ownView struct {
	sbi.Standing
	Today time.Time
	From  *sbi.SBI // the version that this one follows; nil for none
}

// reviewView is an SBI as an admin sees it.
type reviewView struct {
	sbi.Review
	Thing decide.Thing
	Today time.Time
}

// show is one SBI: how it stands for its provider, and what there is to weigh for an
// admin.
func (h handlers) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	st, err := h.load(r)
	if err != nil {
		return err
	}
	scope := page.Actor(ctx).Scope()
	if scope.All {
		review, err := h.sbis.Review(ctx, scope, st.ID)
		if err != nil {
			return err
		}
		today, of := h.sbis.Today(), st.ID.String()
		v := reviewView{review, thingOf(ctx, review, today), today}
		return page.Render(w, r, http.StatusOK, reviewPage(v, h.work(ctx, audit.SBI, of), h.trail(ctx, audit.SBI, of)))
	}
	v := ownView{Standing: st, Today: h.sbis.Today()}
	if st.MadeFrom != nil {
		from, err := h.sbis.SBI(ctx, scope, *st.MadeFrom)
		if err != nil && !missing(err) {
			return err
		}
		if err == nil {
			v.From = &from
		}
	}
	return page.Render(w, r, http.StatusOK, ownPage(v))
}

// steps are the ways on from an own SBI besides the acts.
func (v ownView) steps(ctx context.Context) []ui.Link {
	edit := ui.Link{Href: showURL(v.ID) + "/edit", Text: i18n.T(ctx, "approval.edit")}
	switch v.Status {
	case approval.Draft:
		return []ui.Link{{Href: showURL(v.ID) + "/send", Text: i18n.T(ctx, "sbi.check.link")}, edit}
	case approval.PendingApproval:
		return []ui.Link{edit}
	case approval.ChangesRequested:
		edit.Text = i18n.T(ctx, "approval.edit_again")
		return []ui.Link{edit}
	default:
	}
	next := ui.Link{Href: newFromURL(v.ID), Text: i18n.T(ctx, "sbi.next_version")}
	if v.Counts(v.Today) {
		return []ui.Link{{Href: listOfDevices + "/new?sbi=" + v.ID.String(), Text: i18n.T(ctx, "sbi.devices.add")}, next}
	}
	return []ui.Link{next}
}

// facts are what the provider said, and what follows of it.
func (v ownView) facts(ctx context.Context) []ui.Row {
	rows := factRows(ctx, v.SBI)
	if v.From != nil {
		rows = append(rows, ui.Row{Label: i18n.T(ctx, "sbi.made_from"), Component: ui.LinkTo(ui.Link{Href: showURL(v.From.ID), Text: v.From.SBIVersion})})
	}
	return rows
}

// factRows are the answers as they are now, the hash to be copied.
func factRows(ctx context.Context, x sbi.SBI) []ui.Row {
	rows := kind.Answers(ctx, x.Answers())
	for i, field := range sbi.Things.Fields {
		if field == sbi.FieldHash {
			rows[i] = ui.Row{Label: kind.Label(ctx, field), Component: ui.Copy("sbi-hash", hexOf(x.Hash))}
		}
	}
	return rows
}

func hexOf(hash []byte) string { return hex.EncodeToString(hash) }

// deviceRows are how many devices hang on an SBI, each with the way to them.
func deviceRows(ctx context.Context, sid id.SBI, d sbi.Devices) []ui.Row {
	var rows []ui.Row
	for _, c := range []struct {
		status approval.Status
		key    string
		n      int
	}{
		{approval.Approved, "sbi.devices.approved", d.Approved},
		{approval.PendingApproval, "sbi.devices.pending", d.Pending},
		{approval.ChangesRequested, "sbi.devices.changes_requested", d.ChangesRequested},
		{approval.Rejected, "sbi.devices.rejected", d.Rejected},
		{approval.Deactivated, "sbi.devices.deactivated", d.Deactivated},
	} {
		if c.n > 0 || c.status == approval.Approved || c.status == approval.PendingApproval {
			rows = append(rows, ui.Row{Label: i18n.T(ctx, c.key), Value: countText(c.n), Change: &ui.Link{Href: devicesURL(sid, c.status), Text: i18n.T(ctx, "common.view")}})
		}
	}
	return rows
}

func devicesURL(sid id.SBI, s approval.Status) string {
	return listOfDevices + "?sbi=" + sid.String() + "&status=" + string(s)
}

// listOfDevices is the address of the devices' list.
const listOfDevices = "/devices"

// providerRows are whose the SBI is.
func (v reviewView) providerRows(ctx context.Context) []ui.Row {
	rows := []ui.Row{
		{Label: i18n.T(ctx, "sbi.provider"), Component: ui.LinkTo(ui.Link{Href: "/partners/" + v.PartnerID.String(), Text: v.Organisation}), Note: i18n.T(ctx, "partner.status."+v.PartnerStatus)},
		{Label: i18n.T(ctx, "partner.field.public_id"), Component: ui.Code(v.PublicID)},
		{Label: i18n.T(ctx, "sbi.certificate"), Component: certificateState(v.Certificate)},
	}
	if len(v.Submissions) > 0 {
		last := v.Submissions[0]
		rows = append(rows, ui.Row{
			Label: i18n.T(ctx, "sbi.submitted"), Component: ui.Time(last.SubmittedAt),
			Note: i18n.T(ctx, "sbi.sent_by", "Number", last.Number, "Name", last.SubmittedByName),
		})
	}
	return rows
}

// noted is another SBI with a remark.
type noted struct {
	sbi.SBI
	Note string
}

// before are the same version of the same provider that came to nothing.
func (v reviewView) before(ctx context.Context) []noted {
	var all []noted
	for _, x := range v.SameVersion {
		note := i18n.T(ctx, "sbi.versions.other_hash")
		if bytes.Equal(x.Hash, v.Hash) {
			note = i18n.T(ctx, "sbi.versions.same_hash")
		}
		all = append(all, noted{x, note})
	}
	return all
}

// listed are other SBIs with whose they are, or how long they count.
func listed(ctx context.Context, all []sbi.SBI, whose bool) []noted {
	var out []noted
	for _, x := range all {
		note := i18n.T(ctx, "sbi.versions.until", "Day", i18n.Day(ctx, x.ExpiresOn))
		if whose {
			note = i18n.Isolate(x.Organisation)
		}
		out = append(out, noted{x, note})
	}
	return out
}

// certificateState is how the provider stands with its certificates, by the one that
// tells best.
func certificateState(held certificate.Held) templ.Component {
	if held.State == certificate.None {
		return noCertificate()
	}
	return certificateLink(held)
}
