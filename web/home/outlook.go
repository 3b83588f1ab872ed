package home

import (
	"context"
	"strconv"
	"time"

	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/internal/webhook"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/ui"
)

// The lists that the home page leads to.
const (
	requestsURL     = "/policy-requests"
	certificatesURL = "/certificates"
	trustURL        = "/trust-store"
	keysURL         = "/api-keys"
	changesURL      = "/partners/changes"
	webhooksURL     = "/webhooks"
	deliveriesURL   = "/webhook-deliveries"
	sbisURL         = "/sbis"
	devicesURL      = "/devices"
	chipsURL        = "/ftm-chips"
)

// staffOutlook is what waits for a Partner Admin beside registrations, and what
// ends soon.
type staffOutlook struct {
	outlook.Staff
	Trouble webhook.Trouble
}

func (d Deps) staffOutlook(ctx context.Context, a authz.Actor) (*staffOutlook, error) {
	s, err := d.Outlook.Staff(ctx, a)
	if err != nil {
		return nil, err
	}
	t, err := d.Webhooks.Trouble(ctx)
	return &staffOutlook{s, t}, err
}

// tile is a count that leads to its list; since is when the oldest of it began to
// wait, where the tile says so.
type tile struct {
	count     int
	key, href string
	since     *time.Time
}

// figure is the tile as it is drawn: what is counted up to a bound only says so.
func (t tile) figure(ctx context.Context) ui.Figure {
	n := min(t.count, outlook.Bound)
	f := ui.Figure{Count: n, More: t.count > n, Text: i18n.T(ctx, t.key, "Count", n)}
	if t.since != nil {
		f.Note = i18n.T(ctx, "home.oldest_of", "Ago", i18n.Ago(ctx, *t.since, page.Now(ctx)))
	}
	return f
}

// waiting are the tiles of what waits; without any the section is not there.
func (o staffOutlook) waiting() []tile {
	return present(
		tile{o.Requests, "home.policy_requests", requestsURL + "?status=pending_approval", nil},
		tile{o.Extensions, "home.extensions", requestsURL + "?status=extension", nil},
		tile{o.SBIs, "home.sbis", sbisURL + queue, o.SBIsSince},
		tile{o.Devices, "home.devices", devicesURL + queue, o.DevicesSince},
		tile{o.Chips, "home.chips", chipsURL + queue, o.ChipsSince},
		tile{o.ChipCertificates, "home.chip_certificates", chipsURL + "?sort=waiting&status=new_certificate", o.ChipCertificatesSince},
		tile{o.Roots, "home.roots", trustURL + "?status=waiting", nil},
		tile{o.Changes, "home.changes", changesURL + "?status=pending_approval", nil},
		tile{o.Trouble.GivenUp, "home.events_given_up", deliveriesURL + "?status=given_up", nil},
		tile{o.Trouble.Failing, "home.webhooks_failing", webhooksURL + "?status=active", nil},
		tile{o.Trouble.Gone, "home.webhooks_gone", webhooksURL + "?status=paused", nil},
	)
}

// queue is what waits, the oldest first.
const queue = "?sort=waiting&status=pending_approval"

// within is the days that the tiles of what ends count, as the lists' filters
// take them.
var within = strconv.Itoa(outlook.Days)

// ending are the tiles of what ends soon.
func (o staffOutlook) ending() []tile {
	return present(
		tile{o.CAs, "home.cas_ending", trustURL + "?within=" + within, nil},
		tile{o.Certificates, "home.certificates_ending", certificatesURL + "?within=" + within, nil},
		tile{o.Grants, "home.grants_ending", requestsURL + "?within=" + within, nil},
		tile{o.Keys, "home.keys_ending", keysURL + "?expiring=" + within, nil},
		tile{o.SBIsEnding, "home.sbis_ending", sbisURL + "?within=" + within, nil},
		tile{o.ChipsEnding, "home.chips_ending", chipsURL + "?within=" + within, nil},
	)
}

func present(all ...tile) []tile {
	var out []tile
	for _, t := range all {
		if t.count > 0 {
			out = append(out, t)
		}
	}
	return out
}

// ownEnding are the tiles of what ends soon for a partner; its certificate stands
// in the tasks.
func ownEnding(o outlook.Own) []tile {
	return present(
		tile{o.GrantsEnding, "home.grants_ending", requestsURL + "?within=" + within, nil},
		tile{o.KeysEnding, "home.keys_ending", keysURL + "?expiring=" + within, nil},
		tile{o.SBIsEnding, "home.sbis_ending", sbisURL + "?within=" + within, nil},
		tile{o.ChipsEnding, "home.chips_ending", chipsURL + "?within=" + within, nil},
	)
}

// workTasks are the steps of an admitted partner, in their order.
func workTasks(ctx context.Context, p partner.Partner, o outlook.Own) []ui.Task {
	all := []ui.Task{certificateTask(ctx, o.Certificate)}
	switch {
	case partner.UsesPolicies(p.Type):
		return append(all, policyTask(ctx, o), keyTask(ctx, o))
	case p.Type == authz.DeviceProvider:
		return append(all, sbiTask(ctx, o.DeviceSide), deviceTask(ctx, o.DeviceSide))
	case p.Type == authz.FTMProvider:
		return append(all, chipTask(ctx, o.ChipSide), chipCertificateTask(ctx, o.ChipSide), chipApprovalTask(ctx, o.ChipSide))
	}
	return all
}

func good(ctx context.Context) ui.Status {
	return ui.Status{Kind: "good", Text: i18n.T(ctx, "common.done")}
}

func yours(ctx context.Context) ui.Status {
	return ui.Status{Kind: "warn", Text: i18n.T(ctx, "home.task.waiting_for_you")}
}

func certificateTask(ctx context.Context, c certificate.Held) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.certificate"), Href: certificatesURL, Status: yours(ctx)}
	switch c.State {
	case certificate.Counts:
		t.Hint = i18n.T(ctx, "home.task.certificate.counts", "When", i18n.Date(ctx, c.NotAfter))
		days := int(c.NotAfter.Sub(page.Now(ctx)) / (24 * time.Hour))
		if days >= outlook.Days {
			t.Status, t.Done = good(ctx), true
			return t
		}
		t.Hint = i18n.T(ctx, "home.task.certificate.ends", "When", i18n.Date(ctx, c.NotAfter))
		t.Status.Text = i18n.T(ctx, "home.task.ends_in", "Count", days)
	case certificate.Upcoming:
		t.Hint = i18n.T(ctx, "home.task.certificate.upcoming", "When", i18n.Date(ctx, c.NotBefore))
		t.Status = ui.Status{Kind: "waiting", Text: i18n.T(ctx, "common.waiting")}
	case certificate.None:
		t.Hint = i18n.T(ctx, "home.task.certificate.none")
	case certificate.Replaced, certificate.Orphaned, certificate.Expired, certificate.Withdrawn:
		t.Hint = i18n.T(ctx, "home.task.certificate.lost")
	}
	return t
}

func policyTask(ctx context.Context, o outlook.Own) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.policy"), Href: requestsURL}
	switch {
	case o.Returned > 0:
		t.Hint, t.Status = i18n.T(ctx, "home.task.policy.returned"), yours(ctx)
	case o.Pending > 0:
		t.Hint = i18n.T(ctx, "home.task.policy.pending", "When", i18n.Date(ctx, *o.PendingSince), "Ago", i18n.Ago(ctx, *o.PendingSince, page.Now(ctx)))
		t.Status = ui.Status{Kind: "waiting", Text: i18n.T(ctx, "home.task.waiting_for_us")}
	case o.Granted > 0:
		t.Hint, t.Status, t.Done = i18n.T(ctx, "home.task.policy.granted", "Count", o.Granted), good(ctx), true
	default:
		t.Hint, t.Status = i18n.T(ctx, "home.task.policy.open"), ui.Status{Kind: "info", Text: i18n.T(ctx, "home.task.open")}
	}
	return t
}

func keyTask(ctx context.Context, o outlook.Own) ui.Task {
	t := ui.Task{Title: i18n.T(ctx, "home.task.key")}
	switch {
	case o.Keys > 0:
		t.Hint, t.Status, t.Done = i18n.T(ctx, "home.task.key.made", "Count", o.Keys), good(ctx), true
	case o.Granted == 0 || o.Certificate.State != certificate.Counts:
		t.Hint, t.Status = i18n.T(ctx, "home.task.key.first"), cannotStart(ctx)
	default:
		t.Href, t.Hint, t.Status = keysURL, i18n.T(ctx, "home.task.key.open"), ui.Status{Kind: "info", Text: i18n.T(ctx, "home.task.open")}
	}
	return t
}
