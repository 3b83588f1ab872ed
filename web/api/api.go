// Package api answers other programs: authentication services, capture stations and
// whoever else enforces what the portal decides. Who asks is told by a service account's
// token alone, never by a browser's session; every answer is JSON, every error a
// problem (RFC 9457) in English. What it can do and how it answers stands in
// openapi.json, which it serves itself. It decides nothing.
package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"

	"portal/internal/apikey"
	"portal/internal/authz"
	"portal/internal/hardware"
	"portal/internal/serviceaccount"
	"portal/web/route"
)

// The addresses. A pattern's parameters are ids, as in every address.
const (
	prefix      = "/api/"
	verifyURL   = prefix + "v1/keys/verify"
	policyURL   = prefix + "v1/partners/{partner}/policies/{policy}"
	documentURL = prefix + "v1/openapi.json"
	sbisURL     = prefix + "v1/sbis"
	devicesURL  = prefix + "v1/devices"
	chipsURL    = prefix + "v1/ftm-chips"
)

// verifyLimit is how long a question may be: a token and the JSON around it.
const verifyLimit = 4 << 10

type handlers struct {
	keys     *apikey.Service
	hardware *hardware.Service
}

// Routes are the rows of the API.
func Routes(keys *apikey.Service, things *hardware.Service) []route.Route {
	h := handlers{keys: keys, hardware: things}
	return []route.Route{
		route.Post(verifyURL, route.Needs(authz.KeyVerify), h.verify).WithLimit(verifyLimit),
		route.Get(policyURL, route.Needs(authz.PolicyServe), h.policy),
		route.Get(sbisURL, route.Needs(authz.HardwareServe), h.sbis),
		route.Get(sbisURL+"/{sbi}", route.Needs(authz.HardwareServe), h.sbi),
		route.Get(devicesURL, route.Needs(authz.HardwareServe), h.devices),
		route.Get(devicesURL+"/{device}", route.Needs(authz.HardwareServe), h.device),
		route.Get(chipsURL, route.Needs(authz.HardwareServe), h.chips),
		route.Get(chipsURL+"/{ftm_chip}", route.Needs(authz.HardwareServe), h.chip),
		route.Get(documentURL, route.Anyone, document),
	}
}

// Within reports whether an address belongs to the API, also where no row has it.
func Within(path string) bool { return strings.HasPrefix(path, prefix) }

// Enter makes an actor of who asks, by the token in the header Authorization and
// by nothing else: an address is kept in logs, and a cookie is lent to whoever
// makes a browser ask (security.md KEY-2). Errors are serviceaccount.Enter's.
func Enter(accounts *serviceaccount.Service, r *http.Request, ip netip.Addr, requestID string) (authz.Actor, error) {
	token := ""
	if headers := r.Header.Values("Authorization"); len(headers) == 1 {
		if scheme, rest, ok := strings.Cut(headers[0], " "); ok && strings.EqualFold(scheme, "Bearer") {
			token = strings.TrimSpace(rest)
		}
	}
	return accounts.Enter(r.Context(), serviceaccount.Presented{Token: token, IP: ip, RequestID: requestID})
}

// send answers with JSON that nobody keeps.
func send(w http.ResponseWriter, status int, kind string, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a program that went away is no failure
	return nil
}
