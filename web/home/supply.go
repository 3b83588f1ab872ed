package home

import (
	"context"
	"time"

	"portal/internal/outlook"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// ownEnded are the tiles of what a provider has approved and what is over: nothing
// else on its pages says so by itself.
func ownEnded(o outlook.Own) []tile {
	return present(
		tile{o.SBIsEnded, "home.sbis_ended", sbisURL + "?expired=yes&status=approved", nil},
		tile{o.ChipsExpired, "home.chips_lost", chipsURL + "?expired=yes", nil},
	)
}

// The lists with what a task is about.
func withStatus(list, status string) string { return list + "?status=" + status }

func returned(ctx context.Context, t ui.Task, list string, n int) ui.Task {
	t.Href, t.Hint, t.Status = withStatus(list, "changes_requested"), i18n.T(ctx, "home.task.returned", "Count", n), yours(ctx)
	if n > outlook.Bound {
		t.Hint = i18n.T(ctx, "home.task.returned.many", "Count", outlook.Bound)
	}
	return t
}

func pending(ctx context.Context, t ui.Task, list string, since *time.Time) ui.Task {
	t.Href = withStatus(list, "pending_approval")
	t.Status = ui.Status{Kind: "waiting", Text: i18n.T(ctx, "home.task.waiting_for_us")}
	if since != nil {
		t.Hint = i18n.T(ctx, "home.task.review.hint", "When", i18n.Date(ctx, *since), "Ago", i18n.Ago(ctx, *since, page.Now(ctx)))
	}
	return t
}

func done(ctx context.Context, t ui.Task, hint string) ui.Task {
	t.Hint, t.Status, t.Done = hint, good(ctx), true
	return t
}

func open(ctx context.Context, t ui.Task, list, hint string) ui.Task {
	t.Href, t.Hint, t.Status = list, hint, ui.Status{Kind: "info", Text: i18n.T(ctx, "home.task.open")}
	return t
}

func later(ctx context.Context, t ui.Task, hint string) ui.Task {
	t.Hint, t.Status = hint, cannotStart(ctx)
	return t
}

// begun is something that the partner began and has not sent.
func begun(ctx context.Context, t ui.Task, list, hint string) ui.Task {
	t.Href, t.Hint, t.Status = list, hint, ui.Status{Kind: "info", Text: i18n.T(ctx, "home.task.in_progress")}
	return t
}

func sbiTask(ctx context.Context, o outlook.DeviceSide) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.sbi")}
	switch {
	case o.SBIReturned > 0:
		return returned(ctx, t, sbisURL, o.SBIReturned)
	case o.SBIPending > 0:
		return pending(ctx, t, sbisURL, o.SBIPendingSince)
	case o.SBIs > 0:
		return done(ctx, t, i18n.T(ctx, "home.task.sbi.approved", "Count", o.SBIs))
	case o.SBIDrafts > 0:
		return begun(ctx, t, withStatus(sbisURL, "draft"), i18n.T(ctx, "home.task.sbi.draft", "Count", o.SBIDrafts))
	case o.SBILastEnd != nil:
		t = open(ctx, t, sbisURL, i18n.T(ctx, "home.task.sbi.ended", "When", i18n.Date(ctx, *o.SBILastEnd)))
		t.Status = yours(ctx)
		return t
	}
	return open(ctx, t, sbisURL, i18n.T(ctx, "home.task.sbi.open"))
}

func deviceTask(ctx context.Context, o outlook.DeviceSide) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.devices")}
	switch {
	case o.DeviceReturned > 0:
		return returned(ctx, t, devicesURL, o.DeviceReturned)
	case o.SBIs == 0:
		return later(ctx, t, i18n.T(ctx, "home.task.devices.first"))
	case o.DevicePending > 0:
		return pending(ctx, t, devicesURL, o.DevicePendingSince)
	case o.Devices > outlook.Bound:
		return done(ctx, t, i18n.T(ctx, "home.task.devices.many", "Count", outlook.Bound))
	case o.Devices > 0:
		return done(ctx, t, i18n.T(ctx, "home.task.devices.approved", "Count", o.Devices))
	}
	return open(ctx, t, devicesURL, i18n.T(ctx, "home.task.devices.open"))
}

// live is how many chips have not ended.
func live(o outlook.ChipSide) int {
	return o.ChipsBare + o.ChipPending + o.ChipReturned + o.Chips + o.ChipsLost
}

func chipTask(ctx context.Context, o outlook.ChipSide) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.chip")}
	if n := live(o); n > 0 {
		return done(ctx, t, i18n.T(ctx, "home.task.chip.registered", "Count", n))
	}
	return open(ctx, t, chipsURL, i18n.T(ctx, "home.task.chip.open"))
}

func chipCertificateTask(ctx context.Context, o outlook.ChipSide) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.chip_certificate")}
	switch {
	case live(o) == 0:
		return later(ctx, t, i18n.T(ctx, "home.task.chip_certificate.first"))
	case o.ChipsLost > 0:
		t.Href, t.Hint, t.Status = withStatus(chipsURL, "approved"), i18n.T(ctx, "home.task.chip_certificate.lost", "Count", o.ChipsLost), yours(ctx)
		return t
	case o.ChipsBare > 0:
		return open(ctx, t, withStatus(chipsURL, "pending_certificate"), i18n.T(ctx, "home.task.chip_certificate.missing", "Count", o.ChipsBare))
	}
	return done(ctx, t, i18n.T(ctx, "home.task.chip_certificate.sent"))
}

func chipApprovalTask(ctx context.Context, o outlook.ChipSide) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.chip_approval")}
	switch {
	case o.ChipReturned > 0:
		return returned(ctx, t, chipsURL, o.ChipReturned)
	case o.ChipPending > 0:
		return pending(ctx, t, chipsURL, o.ChipPendingSince)
	case o.ChipRenewals > 0:
		t.Href, t.Hint = withStatus(chipsURL, "new_certificate"), i18n.T(ctx, "home.task.chip_approval.renewing", "Count", o.ChipRenewals)
		t.Status = ui.Status{Kind: "waiting", Text: i18n.T(ctx, "home.task.waiting_for_us")}
		return t
	case o.Chips+o.ChipsLost > 0:
		return done(ctx, t, i18n.T(ctx, "home.task.chip_approval.approved", "Count", o.Chips+o.ChipsLost))
	}
	return later(ctx, t, i18n.T(ctx, "home.task.chip_approval.first"))
}
