package policystudio_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

const newAuth = "/auth-policies/new"

func TestEmptyFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newAuth).Want(200)
	webtest.WantText(t, p, "A new policy is Inactive", "somebody other than you")
	p = p.Submit(webtest.Values{"description": "Kept as it is"}).Want(422)
	for _, field := range []string{"name", "group", "document"} {
		if p.FieldError(field) == "" {
			t.Errorf("no message at %s", field)
		}
	}
	webtest.WantText(t, p, "Enter a name.", "Choose a policy group.", "start from a sample, or upload a file")
	if links := p.Doc.Find(".summary-box a").Length(); links != 3 {
		t.Errorf("%d messages in the summary, want 3", links)
	}
	if got := webtest.Value(p, "description"); got != "Kept as it is" {
		t.Errorf("description is now %q", got)
	}
	if !strings.HasPrefix(p.Doc.Find("title").Text(), "Error: ") {
		t.Errorf("title %q", p.Doc.Find("title").Text())
	}
}

func TestGoodFormMakesAnInactivePolicy(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for kind, list := range map[policydoc.Kind]string{policydoc.KindAuth: "/auth-policies", policydoc.KindDataShare: "/datashare-policies"} {
		p := d.Create(kind, list, "Policy of "+string(kind))
		if len(p.Hops) != 1 {
			t.Errorf("%d redirects, want one", len(p.Hops))
		}
		webtest.WantText(t, p, "It is Inactive until it is activated.", "Telecom", "Wanda", "You cannot activate version 1 yourself")
		if got := webtest.Document(p); got != webtest.Sample(kind) {
			t.Errorf("%s: the page shows %q", kind, got)
		}
		webtest.WantText(t, d.Writer.Get(list), "Policy of "+string(kind), "Inactive", "1–1 of 1")
	}
}

func TestCON3SameFormTwiceMakesOnePolicy(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	form := d.Writer.Get(newAuth)
	first := form.Submit(d.Good(policydoc.KindAuth, "Once")).Want(200)
	second := form.Submit(d.Good(policydoc.KindAuth, "Once")).Want(200)
	if first.Path != second.Path {
		t.Errorf("two policies: %s and %s", first.Path, second.Path)
	}
	// The same form with other words is no replay; nothing of it is lost.
	changed := form.Submit(d.Good(policydoc.KindAuth, "Twice")).Want(409)
	webtest.WantText(t, changed, "You sent this form before", "Once")
	if got := webtest.Value(changed, "name"); got != "Twice" {
		t.Errorf("name is now %q", got)
	}
	if p := changed.Submit(nil).Want(200); p.Title() != "Twice" || p.Path == first.Path {
		t.Errorf("saved %q at %s", p.Title(), p.Path)
	}
}

func TestCheckShowsFindingsAndStoresNothing(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Checked")
	in["check"], in["document"] = "yes", "{\n  \"authTokenType\": \"sometimes\",\n  \"colour\": 1\n}"
	p := d.Writer.Get(newAuth).Submit(in).Want(200)
	if n := p.Doc.Find(".findings li").Length(); n < 3 {
		t.Errorf("%d findings, want at least 3: %s", n, p.Doc.Find(".findings").Text())
	}
	webtest.WantText(t, p, "Line 2, column 20", "type of token", "before the policy can be activated")
	if webtest.Value(p, "document") != in["document"] || webtest.Value(p, "name") != "Checked" || webtest.Value(p, "group") != d.Group.ID.String() {
		t.Error("the form lost something")
	}
	webtest.WantText(t, d.Writer.Get("/auth-policies"), "No Auth policy yet")
	in["document"] = webtest.Sample(policydoc.KindAuth)
	webtest.WantText(t, p.Submit(in).Want(200), "No findings")
}

func TestDraftWithFindingsIsSavedButNotActivated(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Broken")
	in["document"] = "{\n  \"authTokenType\": \"random\"\n  \"allowedAuthTypes\": []\n"
	p := d.Writer.Get(newAuth).Submit(in).Want(200)
	webtest.WantText(t, p, "Version 1 cannot be activated yet", "Line 2")
	refused := d.Second.Get(p.Path + "/activate").Want(200)
	webtest.WantText(t, refused, "Version 1 cannot be activated yet")
	if refused.Doc.Find("main form").Length() != 0 {
		t.Error("there is a button all the same")
	}
	forced := d.Second.Post(p.Path+"/activate", url.Values{"version": {"1"}, "number": {"1"}}).Want(422)
	webtest.WantText(t, forced, "Version 1 cannot be activated yet", "Line 2")
	webtest.WantText(t, d.Writer.Get(p.Path+"/edit"), "before the policy can be activated", "Line 2")
}

func TestUploadTakesThePlaceOfTheText(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Uploaded")
	in["document"] = "typed"
	in["file"] = webtest.File{Name: "policy.json", Content: strings.ReplaceAll(webtest.Sample(policydoc.KindAuth), "\n", "\r\n")}
	p := d.Writer.Get(newAuth).Submit(in).Want(200)
	if got := d.Writer.Get(p.Path + "/versions/1.json").Body; got != webtest.Sample(policydoc.KindAuth) {
		t.Errorf("stored %q", got)
	}
}

func TestUploadThatIsNoTextKeepsTheForm(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for name, content := range map[string]string{
		"UTF-16": "\xff\xfe{\x00}\x00", "bad UTF-8": "{\"a\": \"\xc3\x28\"}", "NUL": "{\"a\": \"\x00\"}", "empty": " \n",
		"too large": "[" + strings.Repeat("1,", policydoc.MaxBytes/2) + "1]",
	} {
		in := d.Good(policydoc.KindAuth, "Kept")
		in["file"] = webtest.File{Name: "x.json", Content: content}
		p := d.Writer.Get(newAuth).Submit(in).Want(422)
		if p.FieldError("file") == "" || webtest.Value(p, "document") != webtest.Sample(policydoc.KindAuth) || webtest.Value(p, "name") != "Kept" {
			t.Errorf("%s: message %q, name %q, text %q", name, p.FieldError("file"), webtest.Value(p, "name"), webtest.Value(p, "document"))
		}
	}
}

func TestSampleKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	first, second := policydoc.Samples(policydoc.KindAuth)[0], policydoc.Samples(policydoc.KindAuth)[1]
	p := d.Writer.Get(newAuth).Submit(webtest.Values{"name": "Sampled", "sample": first.ID}).Want(200)
	if webtest.Value(p, "document") != string(first.Document) || webtest.Value(p, "name") != "Sampled" {
		t.Fatalf("the form holds %q, %q", webtest.Value(p, "name"), webtest.Value(p, "document"))
	}
	if p.Has("Put my text back") {
		t.Error("a sample is nobody's own text")
	}
	p = p.Submit(webtest.Values{"document": "{ \"mine\": 1 }", "sample": second.ID}).Want(200)
	if webtest.Value(p, "document") != string(second.Document) {
		t.Errorf("the form holds %q", webtest.Value(p, "document"))
	}
	webtest.WantText(t, p, "The sample has taken the place of your text")
	p = p.Submit(webtest.Values{"check": "yes"}).Want(200) // the way back stays open
	p = p.Submit(webtest.Values{"restore": "yes"}).Want(200)
	if webtest.Value(p, "document") != "{ \"mine\": 1 }" || webtest.Value(p, "name") != "Sampled" {
		t.Errorf("after putting back: %q, %q", webtest.Value(p, "name"), webtest.Value(p, "document"))
	}
	d.Writer.Post("/auth-policies", url.Values{"id": {id.New[id.Policy]().String()}, "sample": {"no-such"}}).Want(400)
}

func TestLIM1OversizedDocumentIsKept(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Large")
	large := "[" + strings.Repeat("1,", 140<<10) + "1]"
	in["document"] = large
	p := d.Writer.Get(newAuth).Submit(in).Want(422)
	if !strings.Contains(p.FieldError("document"), "256 KiB") || webtest.Value(p, "document") != large {
		t.Errorf("message %q, %d bytes kept of %d", p.FieldError("document"), len(webtest.Value(p, "document")), len(large))
	}
	in["sample"] = "one_time_code" // not even a sample takes its place
	if p := d.Writer.Get(newAuth).Submit(in).Want(422); webtest.Value(p, "document") != large {
		t.Error("a sample took the place of a text that is nowhere else")
	}
	delete(in, "sample")
	in["document"] = strings.Repeat("x", 4<<20)
	d.Writer.Get(newAuth).Submit(in).Want(413)
}

func TestNULIsRefusedAtTheField(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Nul")
	in["document"], in["name"] = "{\x00}", "N\x00l"
	p := d.Writer.Get(newAuth).Submit(in).Want(422)
	if p.FieldError("document") == "" || webtest.Value(p, "document") != "{\ufffd}" {
		t.Errorf("message %q, text %q", p.FieldError("document"), webtest.Value(p, "document"))
	}
	in["document"] = webtest.Sample(policydoc.KindAuth)
	if p := p.Submit(in).Want(422); p.FieldError("name") == "" {
		t.Error("a name with NUL is accepted")
	}
}

func TestAUT5OnlyTheFormsOwnFields(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	good := url.Values{
		"id": {id.New[id.Policy]().String()}, "name": {"X"}, "description": {"Y"}, "group": {d.Group.ID.String()},
		"document": {webtest.Sample(policydoc.KindAuth)},
	}
	for name, change := range map[string]func(url.Values){
		"unknown field":  func(v url.Values) { v.Set("status", "active") },
		"repeated field": func(v url.Values) { v.Add("name", "Z") },
		"bad UTF-8":      func(v url.Values) { v.Set("name", "\xff") },
		"bad id":         func(v url.Values) { v.Set("id", "1") },
		"no id":          func(v url.Values) { v.Del("id") },
	} {
		v := url.Values{}
		for k, x := range good {
			v[k] = append([]string(nil), x...)
		}
		change(v)
		if p := d.Writer.Post("/auth-policies", v); p.Status != 400 {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	webtest.WantText(t, d.Writer.Get("/auth-policies"), "No Auth policy yet")
}

func TestNameIsUniqueInItsGroup(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Auth("Same")
	p := d.Writer.Get(newAuth).Submit(d.Good(policydoc.KindAuth, "sAME")).Want(422)
	if p.FieldError("name") == "" {
		t.Error("no message at the name")
	}
}

func TestEditOfAnActivePolicyMakesANewVersion(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.InForce("Edited")
	form := d.Writer.Get(p.Path + "/edit").Want(200)
	if form.Doc.Find(`main a[href="`+p.Path+`/preview"]`).Length() != 1 || form.Doc.Find(`main a[href="`+p.Path+`/try"]`).Length() != 1 {
		t.Error("no way to the preview and to trying it")
	}
	webtest.WantText(t, form, "Version 1 stays in force until the new one is activated", "so it stays there")
	typed := strings.ReplaceAll(webtest.Other(policydoc.KindAuth), "\n", "\r\n") // as browsers send it
	p = form.Submit(webtest.Values{"document": typed}).Want(200)
	if got := d.Writer.Get(p.Path + "/versions/2.json").Body; got != webtest.Other(policydoc.KindAuth) {
		t.Errorf("stored %q", got)
	}
	webtest.WantText(t, p, "What is in force has not changed", "In force: version 1", "Waiting for activation: version 2", "New version waiting")
	if got := webtest.VersionStates(p); got != "Waiting for activation, In force" {
		t.Errorf("versions: %s", got)
	}
	webtest.WantText(t, d.Writer.Get(p.Path+"/edit"), "You are changing version 2")
}

// West of Greenwich, where a day's midnight in UTC is still the day before.
func TestCON1StaleEditShowsBothTexts(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--timezone", "America/Lima")
	p := d.Auth("Contested")
	mine := d.Second.Get(p.Path + "/edit").Want(200)
	d.Edit(p.Path, webtest.Other(policydoc.KindAuth))

	typed := strings.Replace(webtest.Sample(policydoc.KindAuth), "{", "{ ", 1)
	day, err := time.Parse(time.DateOnly, webtest.Value(mine, "review_on"))
	if err != nil {
		t.Fatal(err)
	}
	other := day.AddDate(0, 1, 0)
	stale := mine.Submit(webtest.Values{"name": "My name", "document": typed, "review_on": other.Format(time.DateOnly)}).Want(409)
	webtest.WantText(t, stale, "This policy changed while you were writing", "Wanda", "Contested", "What saving yours would change", "You typed: ", "Review by",
		day.Format("2 January 2006"), other.Format("2 January 2006"))
	if stale.Doc.Find(".compare ins").Length() == 0 || stale.Doc.Find(".compare del").Length() == 0 {
		t.Error("the difference is not shown in sentences")
	}
	if webtest.Value(stale, "document") != typed || webtest.Value(stale, "name") != "My name" {
		t.Error("what was typed is lost")
	}
	if got := strings.TrimPrefix(stale.Doc.Find("textarea[readonly]").Text(), "\n"); got != webtest.Other(policydoc.KindAuth) {
		t.Errorf("what is there now: %q", got)
	}
	after := stale.Submit(nil).Want(200)
	if after.Title() != "My name" || webtest.Document(after) != typed {
		t.Error("the second, knowing save did not store")
	}
	// The same form once more is no conflict.
	webtest.WantText(t, stale.Submit(nil).Want(200), "already saved")
}
