package publiclist_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/partner/partnertest"
	"portal/internal/pg"
	"portal/internal/publiclist"
	"portal/internal/standing/standingtest"
	"portal/web/webtest"
)

// shop is a portal with public lists and something to show.
type shop struct {
	*webtest.Site
	*standingtest.Shelf
	t            *testing.T
	maker, chips id.Partner
	sbi          id.SBI
}

func newShop(t *testing.T) *shop {
	t.Helper()
	site := webtest.New(t, "--public-list=on")
	s := &shop{t: t, Site: site, Shelf: standingtest.New(partnertest.World{T: t, DB: site.App.DB}, pg.Day(site.App.DB.Now()))}
	s.maker, s.chips = s.Provider("Acme <Devices>", authz.DeviceProvider), s.Provider("=Chipworks", authz.FTMProvider)
	s.sbi = s.SBI(s.maker, "2.1", 30)
	return s
}

// get asks as a program without cookies does.
func (s *shop) get(path string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, s.App.Config.Origin()+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	s.Handler.ServeHTTP(rec, r)
	if rec.Header().Get("Set-Cookie") != "" {
		s.t.Errorf("%s sets a cookie", path)
	}
	return rec
}

// later lets what the process keeps become too old.
func (s *shop) later() { s.Clock.Advance(publiclist.Kept) }

var all = []string{"/approved-devices", "/approved-devices.csv", "/approved-devices.json", "/approved-chips", "/approved-chips.csv", "/approved-chips.json"}

func TestOffIsNowhere(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	visitor := s.Visitor()
	for _, path := range all {
		if rec := visitor.Do(visitor.Request(http.MethodGet, path, nil, "")); rec.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	if body := visitor.Get("/").Body; strings.Contains(body, "approved-") {
		t.Error("the first page leads to what is not there")
	}
}

func TestOnLeadsThere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.Visitor().Get("/")
	for _, path := range []string{"/approved-devices?lang=en", "/approved-chips?lang=en"} {
		if p.Doc.Find(`main a[href="`+path+`"]`).Length() != 1 || p.Doc.Find(`footer a[href="`+path+`"]`).Length() != 1 {
			t.Errorf("no links to %s", path)
		}
	}
	if s.Staff(authz.PartnerAdmin).Get("/home").Doc.Find(`footer a[href^="/approved"]`).Length() > 0 {
		t.Error("the links stand on pages of those who are signed in")
	}
}

func TestWhatAnybodySees(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	device := s.Device(s.maker, s.sbi, "Finger", "Slap", "Acme", "F1")
	s.Chip(s.chips, "Chipworks", "C9")
	for path, texts := range map[string][]string{
		"/approved-devices":                           {"Acme F1", "Acme &lt;Devices&gt;", "2.1", "As of", "Slap: four fingers at once"},
		"/approved-devices?lang=fr":                   {"Appareils approuvés", `lang="fr"`, "Doigt"},
		"/approved-devices?lang=ar":                   {`dir="rtl"`, "الإصبع"},
		"/approved-chips":                             {"Chipworks C9", "=Chipworks"},
		"/approved-devices?q=ACM":                     {"Acme F1"},
		"/approved-devices?q=devices":                 {"Acme F1"},
		"/approved-devices?type=finger&sub_type=slap": {"Acme F1", "Sub-type"},
		"/approved-devices?type=Iris":                 {"Nothing matches"},
		"/approved-chips?q=zzz":                       {"Nothing matches"},
	} {
		rec := s.get(path)
		for _, text := range texts {
			if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), text) {
				t.Errorf("%s: %d, lacks %q", path, rec.Code, text)
			}
		}
		if strings.Contains(rec.Body.String(), "_token") || strings.Contains(rec.Body.String(), "<form method=\"post\"") {
			t.Errorf("%s holds a form that changes something", path)
		}
		for _, secret := range []string{"@", "+230", "Main Street", "Nadia", device.String(), s.maker.String()} {
			if strings.Contains(rec.Body.String(), secret) {
				t.Errorf("%s tells %q", path, secret)
			}
		}
	}
}

func TestJSONAndCSV(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Device(s.maker, s.sbi, "Finger", "Slap", "Acme", "F1")
	s.Chip(s.chips, "Chipworks", "C9")
	var devices struct {
		AsOf  string `json:"as_of"`
		Items []map[string]any
	}
	rec := s.get("/approved-devices.json")
	if err := json.Unmarshal(rec.Body.Bytes(), &devices); err != nil || len(devices.Items) != 1 || devices.AsOf == "" {
		t.Fatalf("%v %s", err, rec.Body)
	}
	got, _ := json.Marshal(devices.Items[0])
	want := `{"approved_until":"` + s.Day.AddDate(0, 0, 30).Format("2006-01-02") + `","make":"Acme","model":"F1","provider":"Acme \u003cDevices\u003e","sbi_version":"2.1",` +
		`"sub_type":{"ar":"أربع أصابع معًا","code":"Slap","en":"Slap: four fingers at once","fr":"Plaque : quatre doigts à la fois"},` +
		`"type":{"ar":"الإصبع","code":"Finger","en":"Finger","fr":"Doigt"}}`
	if string(got) != want {
		t.Errorf("a device:\n%s\nwant\n%s", got, want)
	}
	rec = s.get("/approved-chips.csv?lang=fr")
	if !strings.HasPrefix(rec.Header().Get("Content-Disposition"), "attachment") || rec.Header().Get("Content-Security-Policy") != "default-src 'none'; sandbox" ||
		rec.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(rec.Body.String(), "\ufeff") {
		t.Errorf("the file: %v", rec.Header())
	}
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rec.Body.String(), "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 2 || lines[0][0] != "Marque" || lines[1][2] != "'=Chipworks" {
		t.Errorf("lines: %v %v", lines, err)
	}
}

// TestStepsAreWhole walks through the list for programs, and pages end.
func TestStepsAreWhole(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Exec(`insert into devices (id, partner_id, sbi_id, type_id, sub_type_id, make, model, status, submitted_at, approved_at, registered_by, created_at, updated_at)
		select gen_random_uuid(), @partner, @sbi, st.type_id, st.id, 'Make ' || n % 7, 'Model ' || n, 'approved', now(), now(), u.id, now(), now()
		from generate_series(1, 1203) n cross join (select * from device_sub_types order by id limit 1) st cross join (select id from users limit 1) u`,
		pg.Args{"partner": s.maker, "sbi": s.sbi})
	seen := map[string]bool{}
	for path, steps := "/approved-devices.json", 0; path != ""; steps++ {
		var step struct {
			Items []struct{ Make, Model string }
			Next  string
		}
		rec := s.get(path)
		if err := json.Unmarshal(rec.Body.Bytes(), &step); err != nil || steps > 2 {
			t.Fatalf("%d steps: %v", steps, err)
		}
		for _, d := range step.Items {
			seen[d.Make+d.Model] = true
		}
		if (step.Next == "") != (rec.Header().Get("Link") == "") {
			t.Errorf("next %q, link %q", step.Next, rec.Header().Get("Link"))
		}
		path = step.Next
	}
	if len(seen) != 1203 {
		t.Errorf("%d devices are seen", len(seen))
	}
	if rec := s.get("/approved-devices.json?after=x"); rec.Code != http.StatusBadRequest {
		t.Errorf("after nonsense: %d", rec.Code)
	}
	if rec := s.get("/approved-devices?page=1000000&size=100"); rec.Code != http.StatusOK {
		t.Errorf("far behind the end: %d", rec.Code)
	}
	weight(t, s, "/approved-devices?size=100&lang=ar")
}

// weight holds a full page below 15 KB as it is sent.
func weight(t *testing.T, s *shop, path string) {
	t.Helper()
	rec := s.get(path, "Accept-Encoding", "gzip")
	n := rec.Body.Len()
	z, err := gzip.NewReader(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil || strings.Count(string(page), "<tr>") != 101 || n > 15<<10 {
		t.Errorf("%s: %d bytes with %d rows: %v", path, n, strings.Count(string(page), "<tr>"), err)
	}
}

// TestCopiesAreKeptAndGrowOld: what stops counting is gone from every answer within
// the time that the page announces.
func TestCopiesAreKeptAndGrowOld(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Device(s.maker, s.sbi, "Finger", "Slap", "Acme", "F1")
	s.Chip(s.chips, "Chipworks", "C9")
	for _, path := range all {
		first := s.get(path)
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || tag == "" || first.Header().Get("Cache-Control") != "public, max-age=300" || first.Header().Get("Age") != "0" {
			t.Errorf("%s: %d %v", path, first.Code, first.Header())
		}
		s.Statements.Take()
		if rec := s.get(path, "If-None-Match", tag); rec.Code != http.StatusNotModified || rec.Body.Len() > 0 {
			t.Errorf("%s again: %d", path, rec.Code)
		}
		if sql := s.Statements.Take(); len(sql) > 0 {
			t.Errorf("%s again costs %v", path, sql)
		}
		s.later()
		if rec := s.get(path, "If-None-Match", `"x", `+tag); rec.Code != http.StatusNotModified {
			t.Errorf("%s later: %d", path, rec.Code)
		}
		if sql := s.Statements.Take(); len(sql) == 0 || len(sql) > 4 {
			t.Errorf("%s later costs %d statements", path, len(sql))
		}
		if other := s.get(path + "?lang=fr"); other.Header().Get("ETag") == tag {
			t.Errorf("%s has one name in two languages", path)
		}
	}
	s.Exec(`update partners set status = 'deactivated' where id = any(@ids)`, pg.Args{"ids": []id.Partner{s.maker, s.chips}})
	for _, path := range all {
		if age := s.get(path).Header().Get("Age"); age != "0" {
			t.Errorf("%s is %s old", path, age)
		}
	}
	s.later()
	for _, path := range all {
		if rec := s.get(path); strings.Contains(rec.Body.String(), "F1") || strings.Contains(rec.Body.String(), "C9") {
			t.Errorf("%s shows what no longer counts", path)
		}
	}
}

// TestSES8NothingOfAReaderStandsThere: who is signed in gets what everybody gets.
func TestSES8NothingOfAReaderStandsThere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	admin := s.Staff(authz.PartnerAdmin)
	for _, path := range all {
		s.get(path)
		s.Statements.Take()
		rec := admin.Do(admin.Request(http.MethodGet, path+"?lang=en", nil, ""))
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), "signout") || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
		for _, sql := range s.Statements.Take() {
			if strings.Contains(sql, "sessions") {
				t.Errorf("%s reads the session: %s", path, sql)
			}
		}
	}
}
