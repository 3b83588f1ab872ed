package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/standing"
	"portal/internal/standing/standingtest"
)

// counter is a desk with a device provider and a maker of chips.
type counter struct {
	*desk
	*standingtest.Shelf
	maker, chips id.Partner
	token        string
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	d := newDesk(t)
	c := &counter{desk: d, Shelf: standingtest.New(d.world.World, pg.Day(d.App.DB.Now())), token: d.service("Capture", authz.HardwareServe)}
	c.maker, c.chips = c.Provider("Acme <Devices>", authz.DeviceProvider), c.Provider("Chipworks", authz.FTMProvider)
	return c
}

func (c *counter) look(path string, header ...string) *httptest.ResponseRecorder {
	c.desk.T.Helper()
	h := map[string]string{}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return c.ask(call{method: "GET", path: path, auth: []string{"Bearer " + c.token}, header: h})
}

// items are the things of a whole walk, by the member next.
func (c *counter) items(path string) []map[string]any {
	c.desk.T.Helper()
	var all []map[string]any
	for cursor := ""; ; {
		at := path
		if cursor != "" {
			at += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "cursor=" + cursor
		}
		var page struct {
			Items []map[string]any
			Next  string
		}
		rec := c.look(at)
		if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil || rec.Code != http.StatusOK {
			c.desk.T.Fatalf("%s: %d %s", at, rec.Code, rec.Body)
		}
		all = append(all, page.Items...)
		link := rec.Header().Get("Link")
		if (page.Next == "") != (link == "") || page.Next != "" && !strings.Contains(link, "cursor="+page.Next) {
			c.desk.T.Errorf("%s: next is %q, the link %q", at, page.Next, link)
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

func ids(items []map[string]any) []string {
	var all []string
	for _, item := range items {
		all = append(all, item["id"].(string))
	}
	return all
}

func TestWhatCountsIsServed(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	sbi := c.SBI(c.maker, "2.1", 10)
	device := c.Device(c.maker, sbi, "Finger", "Slap", "Acme", "<F1>")
	chip, _ := c.Chip(c.chips, "Chipworks", "C9")
	sum := sha256.Sum256([]byte("2.1"))

	got := c.items("/api/v1/sbis")
	if len(got) != 1 || got[0]["id"] != sbi.String() || got[0]["version"] != "2.1" || got[0]["sha256"] != hex.EncodeToString(sum[:]) ||
		got[0]["partner"].(map[string]any)["organisation"] != "Acme <Devices>" || got[0]["expires_on"] != c.Day.AddDate(0, 0, 10).Format("2006-01-02") {
		t.Errorf("SBIs: %v", got)
	}
	got = c.items("/api/v1/devices")
	if len(got) != 1 || got[0]["id"] != device.String() || got[0]["type"] != "Finger" || got[0]["sub_type"] != "Slap" || got[0]["model"] != "<F1>" ||
		got[0]["sbi"].(map[string]any)["id"] != sbi.String() || got[0]["partner"].(map[string]any)["id"] != c.maker.String() {
		t.Errorf("devices: %v", got)
	}
	got = c.items("/api/v1/ftm-chips")
	if len(got) != 1 || got[0]["id"] != chip.String() {
		t.Fatalf("chips: %v", got)
	}
	block, rest := pem.Decode([]byte(got[0]["certificate"].(map[string]any)["pem"].(string)))
	if block == nil || block.Type != "CERTIFICATE" || string(block.Bytes) != "x" || len(rest) > 0 {
		t.Errorf("the certificate: %v", got[0]["certificate"])
	}
}

// TestAUT2WhatDoesNotCountIsNotListed, and the thing itself says why. What was only
// drafted looks like nothing.
func TestAUT2WhatDoesNotCountIsNotListed(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	sbi := c.SBI(c.maker, "2.1", 10)
	device := c.Device(c.maker, sbi, "Finger", "Slap", "Acme", "F1")
	chip, ca := c.Chip(c.chips, "Chipworks", "C9")
	says := func(path, member string, want standing.Reason) {
		t.Helper()
		rec := c.look(path)
		m := decode(t, rec)
		reason, _ := m["reason"].(string)
		if rec.Code != http.StatusOK || m["counts"] != (want == "") || reason != string(want) || (m[member] == nil) != (want == standing.NotApproved) {
			t.Errorf("%s: %d %s, want %q", path, rec.Code, rec.Body, want)
		}
		list, of, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
		if slices.Contains(ids(c.items("/api/v1/"+list)), of) != (want == "") {
			t.Errorf("%s: %q, but listed the other way", path, want)
		}
	}
	sbis, devices, chips := "/api/v1/sbis/"+sbi.String(), "/api/v1/devices/"+device.String(), "/api/v1/ftm-chips/"+chip.String()
	says(sbis, "sbi", "")
	says(devices, "device", "")
	says(chips, "ftm_chip", "")
	c.Exec(`update sbis set expires_on = @day`, pg.Args{"day": c.Day.AddDate(0, 0, -1)})
	says(sbis, "sbi", standing.Expired)
	says(devices, "device", standing.SBIIsNot)
	c.Exec(`update sbis set expires_on = @day`, pg.Args{"day": c.Day})
	says(devices, "device", "")
	c.Exec(`update partners set status = 'deactivated' where id = any(@ids)`, pg.Args{"ids": []id.Partner{c.maker, c.chips}})
	says(sbis, "sbi", standing.PartnerIsNot)
	says(devices, "device", standing.PartnerIsNot)
	says(chips, "ftm_chip", standing.PartnerIsNot)
	c.Exec(`update partners set status = 'active' where id = any(@ids)`, pg.Args{"ids": []id.Partner{c.maker, c.chips}})
	c.Exec(`update ca_certificates set status = 'out_of_use' where id = @ca`, pg.Args{"ca": ca})
	says(chips, "ftm_chip", standing.CertificateNot)
	for status, want := range map[string]standing.Reason{"deactivated": standing.Deactivated, "rejected": standing.NotApproved, "pending_approval": standing.NotApproved} {
		c.Become("devices", device, status)
		c.Become("ftm_chips", chip, status)
		c.Become("sbis", sbi, status)
		says(devices, "device", want)
		says(chips, "ftm_chip", want)
		says(sbis, "sbi", want)
	}
	c.Become("sbis", sbi, "draft")
	c.Become("ftm_chips", chip, "pending_certificate")
	c.Exec(`update sbis set submission = 0, submitted_at = null`, nil)
	c.Exec(`update ftm_chips set submission = 0, submitted_at = null`, nil)
	for _, path := range []string{
		sbis, chips, "/api/v1/sbis/" + id.New[id.SBI]().String(), "/api/v1/devices/" + id.New[id.Device]().String(),
		"/api/v1/devices/" + strings.ToUpper(device.String()), "/api/v1/ftm-chips/1", "/api/v1/sbis/%00",
	} {
		if rec := c.look(path); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

func TestWalksAreWholeAndFiltered(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	other := c.Provider("Other", authz.DeviceProvider)
	sbi, theirs := c.SBI(c.maker, "1", 5), c.SBI(other, "1", 5)
	var want []string
	for i := range 7 {
		want = append(want, c.Device(c.maker, sbi, "Finger", []string{"Slap", "Single"}[i%2], "Acme", "M"+string(rune('A'+i))).String())
	}
	iris := c.Device(other, theirs, "Iris", "Single", "Eyes", "MA").String()
	slices.Sort(want)
	for _, limit := range []string{"1", "2", "3", "7", "8", "500"} {
		if got := ids(c.items("/api/v1/devices?limit=" + limit + "&partner=" + c.maker.String())); !slices.Equal(got, want) {
			t.Errorf("by %s: %v, want %v", limit, got, want)
		}
	}
	for query, n := range map[string]int{
		"": 8, "type=finger": 7, "type=Iris": 1, "sub_type=SINGLE": 4, "type=Finger&sub_type=Single": 3, "make=ACME": 7, "model=ma": 2,
		"make=acme&model=MA": 1, "make=Acm": 0, "model=%25": 0, "sbi=" + theirs.String(): 1, "partner=" + other.String(): 1, "partner=" + c.chips.String(): 0, "type=Nothing": 0,
	} {
		if got := ids(c.items("/api/v1/devices?" + query)); len(got) != n {
			t.Errorf("%s: %d, want %d", query, len(got), n)
		}
	}
	if got := ids(c.items("/api/v1/devices?type=Iris")); !slices.Equal(got, []string{iris}) {
		t.Errorf("iris: %v", got)
	}
	if got := c.items("/api/v1/sbis?limit=1"); len(got) != 2 {
		t.Errorf("SBIs: %v", got)
	}
	c.Chip(c.chips, "Chipworks", "C1")
	c.Chip(c.chips, "Chipworks", "C2")
	for query, n := range map[string]int{"limit=1": 2, "model=c2": 1, "make=chipworks": 2, "partner=" + c.maker.String(): 0} {
		if got := c.items("/api/v1/ftm-chips?" + query); len(got) != n {
			t.Errorf("chips %s: %d, want %d", query, len(got), n)
		}
	}
}

// TestINJ5ParametersAreStrict: a misspelt filter never gets everything.
func TestINJ5ParametersAreStrict(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	for query, name := range map[string]string{
		"provider=x": "provider", "Limit=1": "Limit", "limit=0": "limit", "limit=501": "limit", "limit=+1": "limit", "limit=01": "limit", "limit=": "limit",
		"limit=1&limit=1": "limit", "cursor=x": "cursor", "cursor=" + strings.Repeat("A", 22): "cursor", "cursor=" + strings.Repeat("A", 21) + "B": "cursor",
		"cursor=%00": "cursor", "partner=1": "partner", "partner=" + strings.ToUpper(c.maker.String()): "partner", "sbi=x": "sbi",
		"type=" + strings.Repeat("x", 65): "type", "make=%ff": "make", "make=a%00b": "make", "model=": "model", "%zz": "", "a;b": "", "token=x": "token",
	} {
		rec := c.look("/api/v1/devices?" + query)
		m := decode(t, rec)
		got, _ := m["parameter"].(string)
		if rec.Code != http.StatusBadRequest || m["type"] != "urn:portal:problem:bad-parameter" || got != name || rec.Header().Get("ETag") != "" {
			t.Errorf("%s: %d %s, want the parameter %q", query, rec.Code, rec.Body, name)
		}
	}
	for _, path := range []string{"/api/v1/sbis?type=Finger", "/api/v1/ftm-chips?sbi=" + c.maker.String(), "/api/v1/sbis/" + c.maker.String() + "?x=1"} {
		if rec := c.look(path); rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}

func TestKeptAnswersAreAskedFor(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	sbi := c.SBI(c.maker, "1", 5)
	device := c.Device(c.maker, sbi, "Finger", "Slap", "Acme", "F1")
	for _, path := range []string{"/api/v1/devices", "/api/v1/devices/" + device.String(), "/api/v1/sbis?limit=1"} {
		rec := c.look(path)
		tag := rec.Header().Get("ETag")
		sum := sha256.Sum256(rec.Body.Bytes())
		if tag != `"sha256-`+hex.EncodeToString(sum[:])+`"` || rec.Header().Get("Cache-Control") != "private, no-cache" || rec.Header().Get("Vary") != "Authorization" {
			t.Errorf("%s: %v", path, rec.Header())
		}
		if rec := c.look(path, "If-None-Match", tag); rec.Code != http.StatusNotModified || rec.Body.Len() > 0 || rec.Header().Get("ETag") != tag {
			t.Errorf("%s again: %d %s", path, rec.Code, rec.Body)
		}
		c.Exec(`update partners set organisation = organisation || '.' where id = @id`, pg.Args{"id": c.maker})
		if rec := c.look(path, "If-None-Match", tag); rec.Code != http.StatusOK || rec.Header().Get("ETag") == tag {
			t.Errorf("%s after a change: %d", path, rec.Code)
		}
		head := c.ask(call{method: "HEAD", path: path, auth: []string{"Bearer " + c.token}})
		if head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("ETag") == "" {
			t.Errorf("HEAD %s: %d %v", path, head.Code, head.Header())
		}
	}
}

// TestStepsCostOneStatement, beside the one that tells who asks.
func TestStepsCostOneStatement(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	for _, path := range []string{"/api/v1/sbis", "/api/v1/devices?type=Finger&limit=500", "/api/v1/ftm-chips"} {
		c.look(path)
		c.Statements.Take()
		c.look(path)
		if sql := c.Statements.Take(); len(sql) != 2 {
			t.Errorf("%s costs %d statements:\n%s", path, len(sql), strings.Join(sql, "\n"))
		}
	}
}

// TestTheDocumentSaysWhyThingsDoNotCount: programs decide by these words.
func TestTheDocumentSaysWhyThingsDoNotCount(t *testing.T) {
	t.Parallel()
	found, _ := newContract(t).at("/components/schemas/StandingReason/enum")
	var got []standing.Reason
	for _, r := range found.([]any) {
		got = append(got, standing.Reason(r.(string)))
	}
	if !slices.Equal(got, standing.Reasons) {
		t.Errorf("documented: %v\nin use: %v", got, standing.Reasons)
	}
}
