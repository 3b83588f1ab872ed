package policyimport_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"portal/internal/authz"
	"portal/internal/policy"
	"portal/internal/policydoc"
	"portal/web/policywords"
	"portal/web/webtest"
)

const address = "/policies/import"

// upload chooses files and a group, and returns what the portal makes of them.
func upload(d *webtest.Desk, c *webtest.Client, group string, files ...webtest.File) *webtest.Page {
	d.T.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("_token", c.Token()) // a buffer takes everything
	_ = w.WriteField("group", group)
	for _, f := range files {
		part, _ := w.CreateFormFile("files", f.Name)
		_, _ = part.Write([]byte(f.Content))
	}
	_ = w.Close()
	return c.Answer(c.Do(c.Request(http.MethodPost, address, b.Bytes(), w.FormDataContentType())), address)
}

func TestFilesAreLookedThroughThenTaken(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Writer.Get(address).Want(200)
	auth, share := webtest.Sample(policydoc.KindAuth), strings.TrimSpace(webtest.Sample(policydoc.KindDataShare))+"\r\n"
	p := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "sign-in.json", Content: auth}, webtest.File{Name: "register.json", Content: share}).Want(200)
	webtest.WantText(t, p, "All 2 files can be imported", "Auth policy", "Data share policy", "No findings")
	if got := webtest.Value(p, "name-1"); got != "register" {
		t.Errorf("the second policy would be called %q", got)
	}
	if list := d.Writer.Get("/auth-policies"); list.Has("sign-in") {
		t.Error("looking through saved something")
	}
	taken := p.SubmitTo(address, webtest.Values{"import": "yes", "name-1": "Subscriber register"}).Want(200)
	webtest.WantText(t, taken, "1 Auth policy and 1 Data share policy are imported", "sign-in", "Inactive")
	taken.Click("All Data share policies").Want(200)
	shares := d.Writer.Get("/datashare-policies").Want(200)
	file := d.Second.Do(d.Second.Request(http.MethodGet, hrefOf(t, shares, "Subscriber register")+"/versions/1.json", nil, ""))
	if file.Body.String() != share {
		t.Errorf("what comes out is %q", file.Body)
	}
	// The same page sent again makes nothing more.
	again := p.SubmitTo(address, webtest.Values{"import": "yes", "name-1": "Subscriber register"}).Want(200)
	webtest.WantText(t, again, "1–1 of 1")
}

func hrefOf(t *testing.T, p *webtest.Page, text string) string {
	t.Helper()
	for _, a := range p.Doc.Find("tbody th a").EachIter() {
		if strings.TrimSpace(a.Text()) == text {
			return a.AttrOr("href", "")
		}
	}
	t.Fatalf("%s has no link %q", p.Path, text)
	return ""
}

func TestFindingsPerFileAndNothingTaken(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Auth("taken")
	good := webtest.Sample(policydoc.KindAuth)
	p := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "taken.json", Content: good},
		webtest.File{Name: "bad.json", Content: "{\n  \"authTokenType\": 3\n}"}, webtest.File{Name: "picture.json", Content: "\x89PNG\xff\x00"}).Want(422)
	webtest.WantText(t, p, "Nothing can be imported yet", "2 files cannot be imported", "bad.json: ", "picture.json: This is no text in UTF-8", "taken.json: This policy group already has a policy with this name")
	if !strings.HasPrefix(p.Doc.Find("title").Text(), "Error:") || p.Has("can be imported. Nothing") {
		t.Errorf("the title is %q", p.Doc.Find("title").Text())
	}
	if p.Doc.Find("[name=import]").Length() != 0 || p.Doc.Find("[name^='text-']").Length() != 0 {
		t.Error("the page offers to import")
	}
	if p.Doc.Find(".file-card").Length() != 3 || p.Doc.Find(".file-card .findings").Length() != 1 {
		t.Error("not every document has its findings")
	}
	for _, a := range p.Doc.Find(".summary-box a, .findings a").EachIter() {
		to := strings.ReplaceAll(a.AttrOr("href", "#none")[1:], ":", "\\:")
		if p.Doc.Find("#"+to).Length() != 1 {
			t.Errorf("%q leads nowhere", a.AttrOr("href", ""))
		}
	}
}

// Whatever can be set right beside the files keeps them.
func TestNamesAndKindsAreCheckedAtOnce(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Auth("Taken")
	good := webtest.Sample(policydoc.KindAuth)
	p := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "taken.json", Content: good}, webtest.File{Name: "a.json", Content: good},
		webtest.File{Name: "x/A.json", Content: good}, webtest.File{Name: ".json", Content: good}, webtest.File{Name: "odd.json", Content: "{}"}).Want(422)
	for at, want := range map[string]string{"name-0": "already has a policy", "name-2": "The policy of a.json has the same name", "name-3": "Enter a name.", "kind-4": "Choose the kind of policy."} {
		if got := p.FieldError(at); !strings.Contains(got, want) {
			t.Errorf("%s: %q", at, got)
		}
	}
	if p.Has("files can be imported") || p.Doc.Find(".summary-box li").Length() != 4 {
		t.Error("the page is not of one mind")
	}
	named := webtest.Values{"import": "yes", "name-0": "One", "name-1": "Two", "name-2": strings.Repeat("x", policy.MaxName+1), "name-3": "Four", "kind-4": "datashare"}
	again := p.SubmitTo(address, named).Want(422)
	webtest.WantText(t, again, "Nothing can be imported yet", "odd.json: ", "A.json: ")
	if list := d.Writer.Get("/auth-policies"); list.Has("Two") {
		t.Error("something was imported")
	}
}

func TestImportIsFoundAndLeadsBack(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for _, kind := range policydoc.Kinds() {
		list := policywords.ListURL(kind)
		p := d.Writer.Get(list).Want(200).Click("Import").Want(200)
		if p.Doc.Find("main a[href='"+list+"']").Length() != 2 {
			t.Errorf("%s: Back and Cancel lead elsewhere", kind)
		}
		refused := upload(d, d.Writer, "", webtest.File{Name: "a.json"})
		if refused.Want(422).Doc.Find("main a[href='/auth-policies']").Length() != 2 {
			t.Error("without a kind it is the first list")
		}
		if kept := p.Submit(webtest.Values{"group": d.Group.ID.String()}).Want(422); kept.Doc.Find("main a[href='"+list+"']").Length() != 2 {
			t.Errorf("%s: Back is forgotten", kind)
		}
	}
	d.Staff(authz.PartnerAdmin).Get("/auth-policies").Want(200)
}

func TestFlashWithoutFourEyes(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t, "--four-eyes=off")
	p := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "a.json", Content: webtest.Sample(policydoc.KindAuth)}).Want(200)
	webtest.WantText(t, p.SubmitTo(address, webtest.Values{"import": "yes"}).Want(200), "It is Inactive until it is activated.")
}

func TestImportSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	good := webtest.File{Name: "good.json", Content: webtest.Sample(policydoc.KindAuth)}
	none := upload(d, d.Writer, d.Group.ID.String()).Want(422)
	webtest.WantText(t, none, "Choose at least one file.")
	group := upload(d, d.Writer, "", good).Want(422)
	webtest.WantText(t, group, "Choose a policy group.", "good.json")
	// The files are not lost: with a group they are taken.
	group.SubmitTo(address, webtest.Values{"import": "yes", "group": d.Group.ID.String()}).Want(200)
	taken := upload(d, d.Writer, d.Group.ID.String(), good, webtest.File{Name: "x/good.json", Content: good.Content}).Want(422).
		SubmitTo(address, webtest.Values{"import": "yes", "description-1": "typed"}).Want(422)
	webtest.WantText(t, taken, "already has a policy with this name")
	if got := webtest.Value(taken, "description-1"); got != "typed" {
		t.Errorf("what was typed is now %q", got)
	}
	var many []webtest.File
	for n := range policy.MaxImportFiles + 1 {
		many = append(many, webtest.File{Name: strconv.Itoa(n) + ".json", Content: good.Content})
	}
	webtest.WantText(t, upload(d, d.Writer, d.Group.ID.String(), many...).Want(422), "at most 50 files")
	for len(many) < 600 { // far more than the second page has fields for
		many = append(many, webtest.File{Name: "more.json", Content: "{}"})
	}
	webtest.WantText(t, upload(d, d.Writer, d.Group.ID.String(), many...).Want(422), "at most 50 files")
}

func TestLIM1ImportIsBounded(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	big := webtest.File{Name: "big.json", Content: strings.Repeat(" ", 2<<20+1)}
	webtest.WantText(t, upload(d, d.Writer, d.Group.ID.String(), big, big).Want(422), "larger than 4 MiB")
	upload(d, d.Writer, d.Group.ID.String(), big, big, big).Want(413)
	d.Writer.Post(address, map[string][]string{"import": {"yes"}, "group": {d.Group.ID.String()}, "text-0": {"not base64!"}}).Want(400)
	d.Writer.Post(address, map[string][]string{"import": {"yes"}, "group": {d.Group.ID.String()}}).Want(400)
}

func TestBundleIsAFileOfOurName(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.InForce("Travels")
	rec := d.Second.Do(d.Second.Request(http.MethodGet, p.Path+"/bundle.json", nil, ""))
	var b policy.Bundle
	if err := json.Unmarshal(rec.Body.Bytes(), &b); err != nil || b.Name != "Travels" || len(b.Versions) != 1 {
		t.Errorf("%v %s", err, rec.Body)
	}
	if h := rec.Header(); !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="auth-policy-`) || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("headers %v", h)
	}
	// It comes in again, next to the original under another name.
	in := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "bundle.json", Content: rec.Body.String()}).Want(422)
	webtest.WantText(t, in, "Bundle", "Version 1 is taken", "What stays behind: 0 other versions")
	webtest.WantText(t, in.SubmitTo(address, webtest.Values{"import": "yes", "name-0": "Travels again"}).Want(200), "The policy is imported")
	d.Staff(authz.PolicyManager).Get(strings.Replace(p.Path, "auth-policies", "datashare-policies", 1) + "/bundle.json").Want(404)
}

func TestImportInArabic(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	d.Lang = "ar"
	c := d.Staff(authz.PolicyManager)
	p := upload(d, c, d.Group.ID.String(), webtest.File{Name: "a.json", Content: webtest.Sample(policydoc.KindAuth)}).Want(200)
	webtest.WantText(t, p, "يمكن استيراد الملف", "سياسة مصادقة")
}
