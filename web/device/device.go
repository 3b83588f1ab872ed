// Package device is the screens of devices. A Device Provider registers models for
// its SBIs, one by one or as a file, follows, changes and moves them; a Partner
// Admin has the queue, one device with everything that a decision weighs, and the
// decisions, one by one or many at once. It decides nothing: internal/device does.
package device

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certificate"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/id"
	"portal/internal/sbi"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	devices *device.Service
	types   *devicetype.Service
	sbis    *sbi.Service
	trail   page.Trail
	work    page.Trail // whose work the device is
}

// The addresses (design README, "Addresses").
const (
	listURL     = "/devices"
	newURL      = listURL + "/new"
	importsURL  = listURL + "/imports"
	newFileURL  = importsURL + "/new"
	templateURL = listURL + "/template.csv"
	takeOverURL = listURL + "/take-over"
	queueURL    = listURL + "?sort=waiting&status=" + string(approval.PendingApproval)
)

// The limits of forms: a list page's rows can be chosen, and a file comes in the
// form or as pasted text (security.md LIM-1).
const (
	manyFields = 300
	fileLimit  = device.MaxFile + 64<<10
)

// kind is what decide's pages need to know of devices.
var kind = decide.Kind{
	Kind: device.Things, URL: listURL, MaySend: authz.DeviceSend, MayDeactivate: authz.DeviceDeactivate,
	Templates: map[string][]string{
		"request-changes": {"label", "sub_type"},
		"reject":          {"twice", "sbi", "evidence"},
		"deactivate":      {"recall", "unsold"},
	},
	Value: func(_ context.Context, field, value string) string {
		if field == device.FieldType { // codes stand in their own direction
			return i18n.Isolate(value)
		}
		return value
	},
}

// Routes are the rows of these pages. Reading needs device.read, what a provider
// does device.send, what an admin decides device.decide. work says on a device's
// page whose work it is, others on a decision's page that it is a colleague's.
func Routes(devices *device.Service, types *devicetype.Service, sbis *sbi.Service, trail, work, others page.Trail) []route.Route {
	h := handlers{devices, types, sbis, trail, work}
	read, send, judge := route.Needs(authz.DeviceRead), route.Needs(authz.DeviceSend), route.Needs(authz.DeviceDecide)
	rows := []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(newURL, send, h.newForm),
		route.Post(listURL, send, h.create),
		route.Get(templateURL, send, h.template),
		route.Get(newFileURL, send, h.newFile),
		route.Post(importsURL, send, h.upload).WithLimit(fileLimit),
		route.Get(importsURL+"/{id}", send, h.preview),
		route.Post(importsURL+"/{id}", send, h.replace).WithLimit(fileLimit),
		route.Post(importsURL+"/{id}/register", send, h.take),
		route.Get(takeOverURL, send, h.takeOverForm),
		route.Post(takeOverURL, send, h.takeOver),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", send, h.editForm),
		route.Post(listURL+"/{id}", send, h.edit),
		route.Get(listURL+"/{id}/move", send, h.moveForm),
		route.Post(listURL+"/{id}/move", send, h.move),
	}
	for _, b := range bulks {
		rows = append(rows,
			route.Get(listURL+"/"+b.verb, judge, h.askAll(b)),
			route.Post(listURL+"/"+b.verb, judge, h.decideAll(b)).WithFields(manyFields))
	}
	return append(rows, h.desk(others).Routes()...)
}

// desk gives decide's pages the acts of the service.
func (h handlers) desk(others page.Trail) decide.Desk[id.Device] {
	rule := func(ctx context.Context, a authz.Actor, did id.Device, version int, r approval.Ruling, err error) error {
		if err != nil {
			return err
		}
		return h.devices.Decide(ctx, a, did, version, r)
	}
	return decide.Desk[id.Device]{
		Kind: kind, Load: h.thing, Others: others,
		Approve: func(ctx context.Context, a authz.Actor, did id.Device, version int) error {
			return h.devices.Decide(ctx, a, did, version, approval.Approve())
		},
		RequestChanges: func(ctx context.Context, a authz.Actor, did id.Device, version int, lines []approval.Line, note string) error {
			r, err := device.Things.RequestChanges(lines, note)
			return rule(ctx, a, did, version, r, err)
		},
		Reject: func(ctx context.Context, a authz.Actor, did id.Device, version int, reason string) error {
			r, err := approval.Reject(reason)
			return rule(ctx, a, did, version, r, err)
		},
		Withdraw: h.devices.Withdraw, Deactivate: h.devices.Deactivate, Reactivate: h.devices.Reactivate,
	}
}

// thing is a device as decide's pages show it, with what keeps an admin from
// approving it and what to look at before.
func (h handlers) thing(ctx context.Context, did id.Device) (decide.Thing, error) {
	scope := page.Actor(ctx).Scope()
	if !scope.All {
		st, err := h.devices.Standing(ctx, scope, did)
		return thingOf(st), err
	}
	r, err := h.devices.Review(ctx, scope, did)
	if err != nil {
		return decide.Thing{}, err
	}
	return h.weighed(ctx, r), nil
}

func thingOf(st device.Standing) decide.Thing {
	return decide.Thing{
		Item: st.Item(), Name: st.Name(), Organisation: st.Organisation, Lang: st.PartnerLang, SubmittedAt: &st.SubmittedAt,
		EndedByName: st.EndedByName, EndedAt: st.EndedAt, EndedReason: st.EndedReason, Trail: st.Trail,
	}
}

// weighed is a device with its obstacles and warnings for an admin.
func (h handlers) weighed(ctx context.Context, r device.Review) decide.Thing {
	t := thingOf(r.Standing)
	if err := r.Halt(h.devices.Today()); err != nil {
		t.Obstacles = append(t.Obstacles, page.Meanwhile(ctx, err))
	}
	if r.Certificate.State != certificate.Counts {
		t.Warnings = append(t.Warnings, i18n.T(ctx, "device.warn.certificate"))
	}
	if n := len(r.Elsewhere); n > 0 {
		t.Warnings = append(t.Warnings, i18n.T(ctx, "device.warn.elsewhere", "Count", n))
	}
	return t
}

func showURL(did id.Device) string { return listURL + "/" + did.String() }

func sbiURL(sid id.SBI) string { return "/sbis/" + sid.String() }

func fileURL(iid id.DeviceImport) string { return importsURL + "/" + iid.String() }

// parseID is the device of the address.
func parseID(r *http.Request) (id.Device, error) { return id.Parse[id.Device](chi.URLParam(r, "id")) }

// load finds the device of the address, if the reader may see it.
func (h handlers) load(r *http.Request) (device.Standing, error) {
	did, err := parseID(r)
	if err != nil {
		return device.Standing{}, err
	}
	return h.devices.Standing(r.Context(), page.Actor(r.Context()).Scope(), did)
}
