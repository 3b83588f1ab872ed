// Package ftmchip is the screens of FTM chips. An FTM Provider registers its chips,
// sends their certificates, and follows what becomes of them; a Partner Admin has
// the queue, one chip with everything that a decision weighs, and the decisions, one
// by one or several at once. It decides nothing: internal/ftmchip does.
package ftmchip

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/certdoc"
	"portal/internal/ftmchip"
	"portal/internal/id"
	"portal/web/decide"
	"portal/web/i18n"
	"portal/web/page"
	"portal/web/route"
)

type handlers struct {
	chips *ftmchip.Service
	trail page.Trail
	work  page.Trail // whose work the chip is
}

// The addresses (design README, "Addresses").
const (
	listURL  = "/ftm-chips"
	newURL   = listURL + "/new"
	helpURL  = "/certificates/help" // how to come by a certificate
	queueURL = listURL + "?sort=waiting&status=" + string(approval.PendingApproval)
)

// formLimit is how many bytes an upload's form may send: the certificate in base64
// on the second page, and the fields around it (security.md LIM-1).
const formLimit = certdoc.MaxBytes/3*4 + 10<<10

// manyFields is how many fields a form may have that has some for each chip of a
// list page.
const manyFields = 1000

// Routes are the rows of these pages. Reading needs ftm_chip.read, and reaches a
// provider's own; what a provider does ftm_chip.send, what an admin decides
// ftm_chip.decide, ending an approved chip ftm_chip.deactivate. work says on a chip's
// page whose work it is, others on a decision's page that it is a colleague's.
func Routes(chips *ftmchip.Service, trail, work, others page.Trail) []route.Route {
	h := handlers{chips, trail, work}
	read, send := route.Needs(authz.FTMChipRead), route.Needs(authz.FTMChipSend)
	rows := []route.Route{
		route.Get(listURL, read, h.list),
		route.Get(listURL+".csv", read, h.file),
		route.Get(newURL, send, h.newForm),
		route.Post(listURL, send, h.create),
		route.Get(listURL+"/{id}", read, h.show),
		route.Get(listURL+"/{id}/edit", send, h.editForm),
		route.Post(listURL+"/{id}", send, h.edit),
		route.Get(listURL+"/{id}/certificate", send, h.choose),
		route.Post(listURL+"/{id}/certificate", send, h.submit).WithLimit(formLimit),
	}
	for _, d := range downloads {
		at := listURL + "/{id}/" + d.where
		rows = append(rows,
			route.Get(at+"/original.cer", read, h.download(d.which, original)),
			route.Get(at+"/certificate.pem", read, h.download(d.which, asPEM)),
			route.Get(at+"/chain.p7b", read, h.download(d.which, p7b)))
	}
	for _, d := range renewals {
		access := route.Needs(d.needs)
		rows = append(rows,
			route.Get(listURL+"/{id}/"+d.verb, access, h.askRenewal(d)),
			route.Post(listURL+"/{id}/"+d.verb, access, h.renew(d)))
	}
	decides := route.Needs(authz.FTMChipDecide)
	for _, b := range bulks {
		rows = append(rows,
			route.Get(listURL+"/"+b.verb, decides, h.askAll(b)),
			route.Post(listURL+"/"+b.verb, decides, h.decideAll(b)).WithFields(manyFields))
	}
	return append(rows, h.desk(others).Routes()...)
}

// kind is what the pages of decisions need to know of chips.
var kind = decide.Kind{
	Kind: ftmchip.Kind, URL: listURL, MaySend: authz.FTMChipSend, MayDeactivate: authz.FTMChipDeactivate,
	Templates: map[string][]string{
		"reject":          {"unknown_model", "twice", "foreign"},
		"request-changes": {"spelling", "other_certificate"},
		"deactivate":      {"withdrawn_from_sale", "key_lost"},
	},
	Value: shown,
}

// shown is an answer as people read it: of a thumbprint, enough to tell it from
// others. The whole stands with the certificate.
func shown(ctx context.Context, field, value string) string {
	const ends = 11 // characters: four pairs and the colons between them
	if field != ftmchip.FieldCertificate || len(value) < 2*ends {
		return value
	}
	return i18n.T(ctx, "ftm_chip.thumbprint", "Begin", value[:ends], "End", value[len(value)-ends:])
}

// desk is how chips are decided on.
func (h handlers) desk(others page.Trail) decide.Desk[id.FTMChip] {
	return decide.Desk[id.FTMChip]{
		Kind: kind, Load: h.thing, Others: others,
		Approve: func(ctx context.Context, a authz.Actor, of id.FTMChip, version int) error {
			return h.chips.Decide(ctx, a, of, version, approval.Approve())
		},
		RequestChanges: h.chips.RequestChanges, Reject: h.chips.Reject,
		Withdraw: h.chips.Withdraw, Deactivate: h.chips.Deactivate, Reactivate: h.chips.Reactivate,
	}
}

func showURL(cid id.FTMChip) string { return listURL + "/" + cid.String() }

func doURL(cid id.FTMChip, verb string) string { return showURL(cid) + "/" + verb }

// chipOf is the chip that an address names.
func chipOf(r *http.Request) (id.FTMChip, error) { return id.Parse[id.FTMChip](chi.URLParam(r, "id")) }

// load finds the chip of the address, as far as the reader's scope reaches.
func (h handlers) load(r *http.Request) (ftmchip.Standing, error) {
	cid, err := chipOf(r)
	if err != nil {
		return ftmchip.Standing{}, err
	}
	return h.chips.Standing(r.Context(), page.Actor(r.Context()).Scope(), cid)
}
