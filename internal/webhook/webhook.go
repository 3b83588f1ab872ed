// Package webhook tells other systems what was decided here: an event is a row
// written in the transaction that it tells of, sent later, signed, by a worker
// (security.md OPS-10; Standard Webhooks 1.0). It knows no area: each says itself
// what its events are. It never follows what a receiver says, but for 410.
//
// What receivers can rely on: every event of a committed change arrives at least
// once, unless it is given up after three days, and then it is kept, shown and can
// be sent again. The same event always has the same webhook-id, so that a receiver
// knows one that came twice. One worker at a time sends to an address, in the order
// of the events; one that failed is tried again later and does not hold up those
// behind it.
package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portal/internal/audit"
	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/problem"
	"portal/internal/state"
)

// Status is where an address stands.
type Status string

// The states of an address.
const (
	Active      Status = "active"
	Paused      Status = "paused"      // collects what happens, sends nothing
	Deactivated Status = "deactivated" // for good; its secret is gone
)

// Statuses are the allowed moves.
var Statuses = state.New(map[Status][]Status{
	Active: {Paused, Deactivated}, Paused: {Active, Deactivated}, Deactivated: {},
})

// The limits of what people write, in characters; MaxLive is how many addresses
// there can be that are not deactivated: every event costs a row for each.
const (
	MaxURL         = 2000
	MaxDescription = 128
	MaxLive        = 20
)

// Input is what a person says of an address.
type Input struct {
	ID          id.Webhook // made when the form is drawn, so that sending it twice makes one
	URL         string     // https; http for this machine itself, where private addresses are allowed
	Description string     // 1 to MaxDescription characters: what people call it
	All         bool       // every event, also of types that come later
	Types       []Type     // else these
}

// check trims the input and reports what is wrong with it, at "url",
// "description" and "types".
func (in *Input) check(private bool) error {
	var f problem.Fields
	in.URL = f.Line("url", in.URL, MaxURL, true)
	if !f.Has("url") {
		if key := badURL(in.URL, private); key != "" {
			f.Add("url", key)
		}
	}
	in.Description = f.Line("description", in.Description, MaxDescription, true)
	if in.All {
		in.Types = nil
	} else if len(in.Types) == 0 {
		f.Add("types", "webhook.problem.no_type")
	}
	var chosen []Type // in our order, each once: the same choice is the same row
	for _, t := range Types {
		if slices.Contains(in.Types, t) {
			chosen = append(chosen, t)
		}
	}
	for _, t := range in.Types {
		if !slices.Contains(Types, t) {
			f.Add("types", "problem.choose")
		}
	}
	in.Types = chosen
	return f.Err()
}

// badURL is what is wrong with an address, as a message; "" if nothing is. Names
// are judged when they are dialled, since what they lead to can change.
func badURL(text string, private bool) string {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "webhook.problem.url"
	}
	if u.User != nil {
		return "webhook.problem.url_user"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "webhook.problem.url"
		}
	}
	if u.Fragment != "" || strings.HasSuffix(text, "#") {
		return "webhook.problem.url"
	}
	ip, notIP := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || notIP == nil && ip.IsLoopback()
	if u.Scheme == "http" && (!here || !private) {
		return "webhook.problem.url_https"
	}
	if here && !private || notIP == nil && forbidden(ip, private) {
		return "webhook.problem.url_private"
	}
	return ""
}

// Webhook is an address that events are sent to.
type Webhook struct {
	ID              id.Webhook
	URL             string
	Description     string
	Types           []string // empty: all
	Status          Status
	Gone            bool // paused because the receiver answered 410
	SecretMadeAt    time.Time
	OldSecretEndsAt *time.Time // both secrets sign until then
	FailingSince    *time.Time // nothing was accepted since then
	Waiting         int        // deliveries that are still to be sent
	LastDeliveredAt *time.Time
	CreatedByName   string
	CreatedAt       time.Time
	Version         int
	UpdatedAt       time.Time
}

// Host is the part of the address that people know it by.
func (w Webhook) Host() string {
	if u, err := url.Parse(w.URL); err == nil {
		return u.Host
	}
	return ""
}

// Wants reports whether events of a type are sent to the address.
func (w Webhook) Wants(t Type) bool { return len(w.Types) == 0 || slices.Contains(w.Types, string(t)) }

// Overlapping reports whether two secrets sign at a moment.
func (w Webhook) Overlapping(at time.Time) bool {
	return w.OldSecretEndsAt != nil && w.OldSecretEndsAt.After(at)
}

// List is how addresses can be sorted and filtered.
var List = list.Spec{
	Sorts:    map[string]string{"description": "lower(w.description)", "status": "w.status", "created": "w.created_at"},
	Default:  "description",
	Filters:  []string{"q", "status"},
	TieBreak: "w.id",
}

func (w Webhook) event(action audit.Action, before, after int, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Before: before, After: after, Detail: detail,
		Subject: audit.Subject{Kind: audit.Webhook, ID: w.ID.String(), Name: w.Description},
	}
}

// shownURL is the address as the audit log may keep it: what stands behind the
// question mark is often a key.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
