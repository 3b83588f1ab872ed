package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portal/internal/apikey"
	"portal/internal/apikey/apikeytest"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/keysecret"
	"portal/internal/partner"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/serviceaccount"
	"portal/internal/standing/standingtest"
	"portal/web/webtest"
)

// desk is a portal with a partner that has a key, and programs that ask.
type desk struct {
	*webtest.Site
	world  apikeytest.World
	rules  *contract
	p      partner.Partner
	policy id.Policy
	key    apikey.Made
	token  string // of the key
	both   string // token of a service account with all rights
}

func newDesk(t *testing.T, settings ...string) *desk {
	t.Helper()
	s := webtest.New(t, settings...)
	d := &desk{Site: s, world: apikeytest.New(partnertest.World{T: t, DB: s.App.DB}), rules: newContract(t)}
	group := d.world.Group("Telecom")
	d.p = d.world.Partner("Meridian <Mobile>", group)
	d.policy = d.world.Policy("One-time code", group)
	var err error
	d.key, err = s.App.APIKeys.Create(t.Context(), partnertest.Person(d.p), apikey.Input{
		ID: id.New[id.APIKey](), Grant: d.world.Grant(d.p, d.policy, 100), Label: "Branch offices",
	})
	if err != nil {
		t.Fatal(err)
	}
	d.token = d.key.Token.Reveal()
	d.both = d.service("Both", authz.KeyVerify, authz.PolicyServe)
	return d
}

// service is the token of a new service account.
func (d *desk) service(name string, rights ...authz.Permission) string {
	d.T.Helper()
	in := serviceaccount.Input{ID: id.New[id.ServiceAccount](), Name: name, EndsOn: d.App.Services.Today().AddDate(0, 0, 30).Format(time.DateOnly)}
	for _, r := range rights {
		in.Rights = append(in.Rights, string(r))
	}
	made, err := d.App.Services.Create(d.T.Context(), d.world.Admin, in)
	if err != nil {
		d.T.Fatal(err)
	}
	return made.Token.Reveal()
}

// call is one request as a program makes it.
type call struct {
	method, path, body, kind string
	auth                     []string // values of Authorization
	header                   map[string]string
	cookie                   *webtest.Client // a browser whose cookies come along
	chunked                  bool
}

// ask sends a call and holds the answer against the document.
func (d *desk) ask(c call) *httptest.ResponseRecorder {
	d.T.Helper()
	r := httptest.NewRequestWithContext(d.T.Context(), c.method, d.App.Config.Origin()+c.path, strings.NewReader(c.body))
	r.RemoteAddr = "198.51.100.9:4711"
	if c.chunked {
		r.ContentLength, r.Body = -1, io.NopCloser(strings.NewReader(c.body))
	}
	if c.kind != "" {
		r.Header.Set("Content-Type", c.kind)
	}
	for _, a := range c.auth {
		r.Header.Add("Authorization", a)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if c.cookie != nil {
		for _, cookie := range c.cookie.Jar.Cookies(r.URL) {
			r.AddCookie(cookie)
		}
	}
	rec := httptest.NewRecorder()
	d.Handler.ServeHTTP(rec, r)
	d.rules.holds(c.method, c.path, rec)
	if rec.Header().Get("Set-Cookie") != "" || rec.Header().Get("Location") != "" {
		d.T.Errorf("%s %s sets a cookie or leads elsewhere: %v", c.method, c.path, rec.Header())
	}
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy", "X-Request-Id"} {
		if rec.Header().Get(name) == "" {
			d.T.Errorf("%s %s lacks the header %s", c.method, c.path, name)
		}
	}
	return rec
}

const verifyURL = "/api/v1/keys/verify"

func (d *desk) verify(key string) *httptest.ResponseRecorder {
	d.T.Helper()
	return d.ask(call{method: "POST", path: verifyURL, body: `{"key": "` + key + `"}`, kind: "application/json", auth: []string{"Bearer " + d.both}})
}

func (d *desk) policyURL() string {
	return "/api/v1/partners/" + d.p.ID.String() + "/policies/" + d.policy.String()
}

func (d *desk) get(path string, header map[string]string) *httptest.ResponseRecorder {
	d.T.Helper()
	return d.ask(call{method: "GET", path: path, auth: []string{"Bearer " + d.both}, header: header})
}

func TestVerifyAKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rec := d.verify(d.token)
	m := decode(t, rec)
	policy, _ := m["policy"].(map[string]any)
	if rec.Code != 200 || m["good"] != true || m["reason"] != nil || policy["document"] != apikeytest.Document || policy["version"] != 2.0 ||
		m["partner"].(map[string]any)["organisation"] != "Meridian <Mobile>" || m["certificate"] == nil || rec.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	for name, c := range map[string]struct{ key, reason string }{
		"nothing": {"", "malformed"}, "mistyped": {d.token[:len(d.token)-1] + "!", "malformed"},
		"a service's token": {d.both, "malformed"}, "a forged one": {keysecret.New(keysecret.Live).Reveal(), "unknown"},
	} {
		rec := d.verify(c.key)
		if m := decode(t, rec); rec.Code != 200 || m["good"] != false || m["reason"] != c.reason || m["partner"] != nil {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	if err := d.App.APIKeys.Deactivate(t.Context(), d.world.Admin, d.key.Key.ID, 1, "Leaked"); err != nil {
		t.Fatal(err)
	}
	rec = d.verify(d.token)
	if m := decode(t, rec); m["good"] != false || m["reason"] != "key_deactivated" || m["partner"] == nil || strings.Contains(rec.Body.String(), "document") {
		t.Errorf("deactivated: %s", rec.Body)
	}
}

// TestUPL4QuestionsAreStrict sends what encoding/json alone would take.
func TestUPL4QuestionsAreStrict(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, body := range map[string]string{
		"empty": "", "no object": `"x"`, "list": `[{"key":"x"}]`, "null": "null", "no member": "{}", "other case": `{"Key":"x"}`,
		"twice": `{"key":"x","key":"y"}`, "one more": `{"key":"x","extra":1}`, "number": `{"key":1}`, "null key": `{"key":null}`, "object": `{"key":{"a":"b"}}`,
		"trailing": `{"key":"x"}{}`, "trailing word": `{"key":"x"} x`, "half": `{"key":"x"`, "bad UTF-8": "{\"key\":\"\xff\"}", "comment": `{"key":"x"}//`,
		"BOM": "\ufeff{\"key\":\"x\"}", "deep": strings.Repeat("[", 2000),
	} {
		rec := d.ask(call{method: "POST", path: verifyURL, body: body, kind: "application/json", auth: []string{"Bearer " + d.both}})
		if rec.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json2", ";;"} {
		rec := d.ask(call{method: "POST", path: verifyURL, body: `{"key":"x"}`, kind: kind, auth: []string{"Bearer " + d.both}})
		if rec.Code != http.StatusUnsupportedMediaType {
			t.Errorf("as %q: %d", kind, rec.Code)
		}
	}
	around := func(n int) string { return `{"key":"` + strings.Repeat("x", n-len(`{"key":""}`)) + `"}` }
	for _, chunked := range []bool{false, true} {
		for n, want := range map[int]int{4096: 200, 4097: 413, 1 << 20: 413} {
			rec := d.ask(call{method: "POST", path: verifyURL, body: around(n), kind: "application/json; charset=utf-8", auth: []string{"Bearer " + d.both}, chunked: chunked})
			if rec.Code != want {
				t.Errorf("%d bytes (chunked %v): %d, want %d", n, chunked, rec.Code, want)
			}
		}
	}
}

// TestKEY2OnlyTheHeaderCounts: a session, an address and a form are nothing here,
// and every wrong token gets the same answer.
func TestKEY2OnlyTheHeaderCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	admin := d.Staff(authz.PartnerAdmin)
	question := `{"key":"` + d.token + `"}`
	bodies := map[string]string{}
	for name, c := range map[string]call{
		"no token":             {},
		"a Partner Admin":      {cookie: admin},
		"in the address":       {path: verifyURL + "?token=" + d.both + "&access_token=" + d.both + "&Authorization=Bearer+" + d.both},
		"two headers":          {auth: []string{"Bearer " + d.both, "Bearer " + d.both}},
		"another scheme":       {auth: []string{"Basic " + d.both}},
		"no scheme":            {auth: []string{d.both}},
		"mistyped":             {auth: []string{"Bearer " + d.both + "x"}},
		"forged":               {auth: []string{"Bearer " + keysecret.New(keysecret.Service).Reveal()}},
		"a partner's key":      {auth: []string{"Bearer " + d.token}},
		"control characters":   {auth: []string{"Bearer \x00"}},
		"a very long nonsense": {auth: []string{"Bearer " + strings.Repeat("x", 8000)}},
	} {
		if c.path == "" {
			c.path = verifyURL
		}
		c.method, c.body, c.kind = "POST", question, "application/json"
		d.world.Exec(`delete from api_refusals`, nil) // throttling has a test of its own
		rec := d.ask(c)
		if rec.Code != http.StatusUnauthorized || !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
		bodies[strings.ReplaceAll(rec.Body.String(), rec.Header().Get("X-Request-Id"), "ID")] = name
	}
	if len(bodies) != 1 {
		t.Errorf("wrong tokens get different answers: %v", bodies)
	}
	rec := d.ask(call{method: "POST", path: verifyURL, body: question, kind: "application/json", auth: []string{"bearer  " + d.both}, header: map[string]string{"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}})
	if rec.Code != 200 {
		t.Errorf("a good token: %d %s", rec.Code, rec.Body)
	}
	for name := range rec.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestKEY2FailuresAreThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	forged := "Bearer " + keysecret.New(keysecret.Service).Reveal()
	codes := map[int]int{}
	for range 22 {
		rec := d.ask(call{method: "GET", path: d.policyURL(), auth: []string{forged}})
		codes[rec.Code]++
		if rec.Code == http.StatusTooManyRequests && rec.Header().Get("Retry-After") != "600" {
			t.Errorf("Retry-After: %q", rec.Header().Get("Retry-After"))
		}
	}
	if codes[401] != 20 || codes[429] != 2 {
		t.Errorf("%v", codes)
	}
	if rec := d.get(d.policyURL(), nil); rec.Code != 200 {
		t.Errorf("a good token meanwhile: %d", rec.Code)
	}
}

// TestAUT1RightsOfServices asks every row with every kind of service.
func TestAUT1RightsOfServices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shelf := standingtest.New(d.world.World, pg.Day(d.App.DB.Now()))
	maker, chips := shelf.Provider("Acme", authz.DeviceProvider), shelf.Provider("Chipworks", authz.FTMProvider)
	sbi := shelf.SBI(maker, "1", 5)
	device := shelf.Device(maker, sbi, "Finger", "Slap", "Acme", "F1")
	chip, _ := shelf.Chip(chips, "Chipworks", "C1")
	tokens := map[authz.Permission]string{}
	for _, right := range authz.Matrix[authz.ServiceAccount] {
		tokens[right] = d.service("With "+string(right), right)
	}
	refused := 0
	for _, rt := range d.Portal.API {
		path := strings.NewReplacer("{partner}", d.p.ID.String(), "{policy}", d.policy.String(), "{sbi}", sbi.String(),
			"{device}", device.String(), "{ftm_chip}", chip.String()).Replace(rt.Pattern)
		for right, token := range tokens {
			rec := d.ask(call{method: rt.Method, path: path, body: `{"key":"x"}`, kind: "application/json", auth: []string{"Bearer " + token}})
			want := http.StatusForbidden
			if rt.Access.String() == "anyone" || rt.Access.String() == string(right) {
				want = http.StatusOK
			} else {
				refused++
			}
			if rec.Code != want {
				t.Errorf("%s with %s: %d, want %d", path, right, rec.Code, want)
			}
		}
	}
	n, err := pg.Value[int](t.Context(), d.App.DB.Read(), `select count(*) from audit_log where action = 'access.refused' and actor_role = 'SERVICE_ACCOUNT'`, nil)
	if err != nil || n != refused {
		t.Errorf("%d of %d refusals are recorded: %v", n, refused, err)
	}
}

func TestPolicyOfAPartner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rec := d.get(d.policyURL(), nil)
	sum := sha256.Sum256([]byte(apikeytest.Document))
	tag := `"sha256-` + hex.EncodeToString(sum[:]) + `"`
	if rec.Code != 200 || rec.Body.String() != apikeytest.Document || rec.Header().Get("ETag") != tag || rec.Header().Get("Portal-Policy-Version") != "2" {
		t.Errorf("%d %v %q", rec.Code, rec.Header(), rec.Body)
	}
	if m := decode(t, d.verify(d.token)); m["policy"].(map[string]any)["etag"] != tag {
		t.Errorf("the verdict names another text: %v", m["policy"])
	}
	for header, want := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200, tag[1 : len(tag)-1]: 200} {
		rec := d.get(d.policyURL(), map[string]string{"If-None-Match": header})
		if rec.Code != want || want == 304 && (rec.Body.Len() > 0 || rec.Header().Get("ETag") != tag) {
			t.Errorf("If-None-Match: %s: %d, want %d", header, rec.Code, want)
		}
	}
	head := d.ask(call{method: "HEAD", path: d.policyURL(), auth: []string{"Bearer " + d.both}})
	if head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
}

// TestAUT3PoliciesThatNobodyHas: without a grant nothing tells whether partner
// and policy exist.
func TestAUT3PoliciesThatNobodyHas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	group := d.Group("Banking")
	stranger, other := d.world.Partner("Other", group), d.world.Policy("Other", group)
	bodies := map[string]bool{}
	for _, path := range []string{
		stranger.ID.String() + "/policies/" + d.policy.String(), d.p.ID.String() + "/policies/" + other.String(),
		id.New[id.Partner]().String() + "/policies/" + d.policy.String(), d.p.ID.String() + "/policies/" + id.New[id.Policy]().String(),
		strings.ToUpper(d.p.ID.String()) + "/policies/" + d.policy.String(), d.p.ID.String() + "/policies/1", d.p.ID.String() + "/policies/%00",
		d.p.PublicID + "/policies/" + d.policy.String(),
	} {
		rec := d.get("/api/v1/partners/"+path, nil)
		if rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, rec.Code)
		}
		bodies[strings.ReplaceAll(rec.Body.String(), rec.Header().Get("X-Request-Id"), "ID")] = true
	}
	if len(bodies) != 1 {
		t.Errorf("different answers: %v", bodies)
	}
	d.world.Exec(`update policies set status = 'deactivated'`, nil)
	if rec := d.get(d.policyURL(), nil); rec.Code != http.StatusConflict || decode(t, rec)["reason"] != "policy_deactivated" || rec.Header().Get("ETag") != "" {
		t.Errorf("not in force: %d %s", rec.Code, rec.Body)
	}
}

// TestErrorsAreProblems looks at everything that no row answers.
func TestErrorsAreProblems(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, c := range map[string]struct {
		call
		want int
	}{
		"no such address":  {call{method: "GET", path: "/api/v1/nothing"}, 404},
		"the root":         {call{method: "GET", path: "/api/"}, 404},
		"with a session":   {call{method: "GET", path: "/api/v1/nothing", cookie: d.Staff(authz.PartnerAdmin)}, 404},
		"another version":  {call{method: "POST", path: "/api/v2/keys/verify"}, 404},
		"slash at the end": {call{method: "GET", path: "/api/v1/openapi.json/"}, 404},
		"wrong method":     {call{method: "GET", path: verifyURL}, 405},
		"delete":           {call{method: "DELETE", path: d.policyURL()}, 405},
		"options":          {call{method: "OPTIONS", path: verifyURL}, 405},
		"long address":     {call{method: "GET", path: "/api/v1/openapi.json?" + strings.Repeat("x", 5000)}, 414},
	} {
		if rec := d.ask(c.call); rec.Code != c.want {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	rec := d.ask(call{method: "GET", path: verifyURL})
	if got := rec.Header().Values("Allow"); len(got) != 1 || got[0] != "POST" {
		t.Errorf("Allow: %v", got)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://evil.test/api/v1/openapi.json", nil)
	rec = httptest.NewRecorder()
	d.Handler.ServeHTTP(rec, r)
	d.rules.holds("GET", "/api/v1/openapi.json", rec)
	if rec.Code != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", rec.Code)
	}
	// The document is the file, to anybody.
	rec = d.ask(call{method: "GET", path: "/api/v1/openapi.json"})
	tag := rec.Header().Get("ETag")
	if rec.Code != 200 || decode(t, rec)["openapi"] != "3.1.0" {
		t.Errorf("document: %d", rec.Code)
	}
	if rec := d.ask(call{method: "GET", path: "/api/v1/openapi.json", header: map[string]string{"If-None-Match": tag}}); rec.Code != 304 {
		t.Errorf("again: %d", rec.Code)
	}
	d.App.DB.Close()
	if rec := d.verify(d.token); rec.Code != 500 && rec.Code != 503 || strings.Contains(rec.Body.String(), "pool") {
		t.Errorf("database away: %d %s", rec.Code, rec.Body)
	}
}

// TestKEY3TwoQuestionsToTheDatabase: one tells who asks, one judges the key.
func TestKEY3TwoQuestionsToTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.verify(d.token) // first uses are written down
	d.Statements.Take()
	d.verify(d.token)
	if sql := d.Statements.Take(); len(sql) != 2 {
		t.Errorf("%d statements:\n%s", len(sql), strings.Join(sql, "\n"))
	}
}

// TestAUT8AnswersTellNoSecret scans answers for what is stored of secrets.
func TestAUT8AnswersTellNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stored, err := pg.Values[string](t.Context(), d.App.DB.Read(), `
		select encode(hash, 'hex') from key_secrets union select encode(hash, 'base64') from key_secrets union select id from key_secrets`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range []*httptest.ResponseRecorder{d.verify(d.token), d.get(d.policyURL(), nil), d.get("/api/v1/openapi.json", nil)} {
		for _, secret := range append(stored, d.token[20:50], d.both[20:50]) {
			if strings.Contains(rec.Body.String(), secret) {
				t.Errorf("an answer holds %s: %s", secret, rec.Body)
			}
		}
	}
}
