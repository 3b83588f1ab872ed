package ftmchip

import (
	"context"
	"time"

	"portal/internal/approval"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/web/certwords"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// thing is a chip as the pages of decisions show it, in the reader's scope. What an
// approver has to weigh stands in it for staff alone.
func (h handlers) thing(ctx context.Context, cid id.FTMChip) (decide.Thing, error) {
	scope := page.Actor(ctx).Scope()
	if !scope.All {
		st, err := h.chips.Standing(ctx, scope, cid)
		return thingOf(st), err
	}
	v, err := h.chips.Review(ctx, scope, cid)
	if err != nil {
		return decide.Thing{}, err
	}
	return weighed(ctx, v), nil
}

func thingOf(st ftmchip.Standing) decide.Thing {
	return decide.Thing{
		Item: st.Item(), Name: st.Name(), Organisation: st.Organisation, Lang: st.PartnerLang, SubmittedAt: st.SubmittedAt,
		EndedByName: st.EndedByName, EndedAt: st.EndedAt, EndedReason: st.EndedReason, Trail: st.Trail,
	}
}

// weighed is a chip with what keeps it from being approved, and what to look at
// first.
func weighed(ctx context.Context, v ftmchip.Review) decide.Thing {
	t := thingOf(v.Standing)
	if v.PartnerStatus != "active" {
		t.Obstacles = append(t.Obstacles, i18n.T(ctx, "approval.conflict.partner", "Name", v.Organisation))
	}
	w := v.Held.Waiting()
	if w != nil && v.Status == approval.PendingApproval {
		t.Obstacles = append(t.Obstacles, letDown(ctx, *w)...)
	}
	t.Warnings = warnings(ctx, v, w)
	return t
}

// letDown says why a certificate cannot be put into service any more.
func letDown(ctx context.Context, c ftmchip.Certificate) []string {
	switch c.Soundness {
	case ftmchip.Expired, ftmchip.Orphaned:
		return []string{i18n.T(ctx, "ftm_chip.conflict.certificate."+string(c.Soundness), "When", i18n.Date(ctx, c.NotAfter))}
	case ftmchip.Sound, ftmchip.Upcoming:
	}
	return nil
}

// renewalHalts says why the new certificate of an approved chip cannot be put into
// service now.
func renewalHalts(ctx context.Context, h ftmchip.Held) []string {
	w := h.Waiting()
	all := letDown(ctx, *w)
	if h.TooEarly() {
		all = append(all, i18n.T(ctx, "ftm_chip.conflict.certificate.upcoming", "When", i18n.Date(ctx, w.NotBefore)))
	}
	return all
}

// warnings are what to look at before the chip, or its new certificate, is approved.
func warnings(ctx context.Context, v ftmchip.Review, w *ftmchip.Certificate) []string {
	const near = 90 // days
	var all []string
	if !v.Certified {
		all = append(all, i18n.T(ctx, "ftm_chip.warn.provider"))
	}
	if v.SameModel > 0 {
		all = append(all, i18n.T(ctx, "ftm_chip.warn.model", "Count", v.SameModel))
	}
	if n := v.SameKey + v.OwnKey; n > 0 {
		all = append(all, i18n.T(ctx, "ftm_chip.warn.key", "Count", n))
	}
	if w != nil && w.NotAfter.Before(page.Now(ctx).AddDate(0, 0, near)) {
		all = append(all, i18n.T(ctx, "ftm_chip.warn.soon", "In", certwords.Ends(ctx, w.NotAfter, page.Now(ctx))))
	}
	return all
}

// who is a person and a moment.
func who(ctx context.Context, name string, at *time.Time) string {
	return i18n.T(ctx, "certificate.by", "Name", name, "When", i18n.DateTime(ctx, *at))
}

// rowStatus is the state of a chip; of an approved one that does not count, why.
func rowStatus(ctx context.Context, r ftmchip.Row) ui.Status {
	if all := r.Halts(); len(all) > 0 {
		return haltTag(ctx, all[0])
	}
	return decide.Tag(ctx, r.Status)
}

func haltTag(ctx context.Context, h ftmchip.Halt) ui.Status {
	kind := "bad"
	if h == ftmchip.HaltPartner || h == ftmchip.HaltUpcoming {
		kind = "warn"
	}
	return ui.Status{Kind: kind, Text: i18n.T(ctx, "ftm_chip.halted."+string(h))}
}

// status is the same of a chip's page.
func status(ctx context.Context, st ftmchip.Standing) ui.Status {
	if all := st.Halts(); len(all) > 0 {
		return haltTag(ctx, all[0])
	}
	return decide.Tag(ctx, st.Status)
}

// haltText says why an approved chip does not count.
func haltText(ctx context.Context, st ftmchip.Standing, h ftmchip.Halt) string {
	in := st.Held.InService()
	return i18n.T(ctx, "ftm_chip.halt."+string(h), "From", i18n.Date(ctx, in.NotBefore), "When", i18n.Date(ctx, in.NotAfter))
}

var certTags = map[ftmchip.CertStatus]string{
	ftmchip.Waiting: "waiting", ftmchip.InService: "good", ftmchip.Replaced: "neutral", ftmchip.Refused: "bad", ftmchip.Withdrawn: "neutral",
}

// certTag is how a certificate of a chip stands.
func certTag(ctx context.Context, chip ftmchip.Chip, c ftmchip.Certificate) ui.Status {
	if c.Status == ftmchip.InService {
		switch {
		case c.Soundness != ftmchip.Sound:
			return ui.Status{Kind: "bad", Text: i18n.T(ctx, "ftm_chip.halted."+string(c.Soundness))}
		case chip.Status != approval.Approved: // nothing of the chip is in service
			return ui.Status{Kind: "neutral", Text: i18n.T(ctx, "ftm_chip.certificate.status.idle")}
		}
	}
	return ui.Status{Kind: certTags[c.Status], Text: i18n.T(ctx, "ftm_chip.certificate.status."+string(c.Status))}
}

// certRows are what a certificate says of itself, and who sent and settled it.
func certRows(ctx context.Context, c ftmchip.Certificate) []ui.Row {
	rows := append(certwords.Facts(ctx, c.Facts()), ui.Row{Label: i18n.T(ctx, "certificate.sent"), Value: who(ctx, c.UploadedByName, &c.UploadedAt)})
	if c.DecidedAt == nil {
		return rows
	}
	value := i18n.Date(ctx, *c.DecidedAt)
	if page.Actor(ctx).Staff() { // a provider learns no names of staff
		value = who(ctx, c.DecidedByName, c.DecidedAt)
	}
	return append(rows, ui.Row{Label: i18n.T(ctx, "ftm_chip.certificate.settled."+string(settled(c.Status))), Value: value, Note: c.Reason})
}

// settled is the decision that a certificate's state came by.
func settled(s ftmchip.CertStatus) ftmchip.CertStatus {
	if s == ftmchip.Replaced {
		return ftmchip.InService
	}
	return s
}
