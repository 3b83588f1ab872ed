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
	if got := webtest.Value(p, "name:1"); got != "register" {
		t.Errorf("the second policy would be called %q", got)
	}
	if list := d.Writer.Get("/auth-policies"); list.Has("sign-in") {
		t.Error("looking through saved something")
	}
	taken := p.SubmitTo(address, webtest.Values{"import": "yes", "name:1": "Subscriber register"}).Want(200)
	webtest.WantText(t, taken, "2 policies are imported", "sign-in", "Inactive")
	shares := d.Writer.Get("/datashare-policies").Want(200)
	file := d.Second.Do(d.Second.Request(http.MethodGet, hrefOf(t, shares, "Subscriber register")+"/versions/1.json", nil, ""))
	if file.Body.String() != share {
		t.Errorf("what comes out is %q", file.Body)
	}
	// The same page sent again makes nothing more.
	again := p.SubmitTo(address, webtest.Values{"import": "yes", "name:1": "Subscriber register"}).Want(200)
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
	good := webtest.Sample(policydoc.KindAuth)
	p := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "good.json", Content: good},
		webtest.File{Name: "bad.json", Content: "{\n  \"authTokenType\": 3\n}"}, webtest.File{Name: "picture.json", Content: "\x89PNG\xff\x00"}).Want(200)
	webtest.WantText(t, p, "Nothing can be imported yet", "2 files have errors", "bad.json", "picture.json")
	if p.Doc.Find("[name=import]").Length() != 0 || p.Doc.Find("[name^='text:']").Length() != 0 {
		t.Error("the page offers to import")
	}
	if p.Doc.Find(".file-card").Length() != 3 || p.Doc.Find(".file-card .findings").Length() != 2 {
		t.Error("not every file has its findings")
	}
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
	taken := upload(d, d.Writer, d.Group.ID.String(), good, webtest.File{Name: "x/good.json", Content: good.Content}).Want(200).
		SubmitTo(address, webtest.Values{"import": "yes", "description:1": "typed"}).Want(422)
	webtest.WantText(t, taken, "already has a policy with this name")
	if got := webtest.Value(taken, "description:1"); got != "typed" {
		t.Errorf("what was typed is now %q", got)
	}
	var many []webtest.File
	for n := range policy.MaxImportFiles + 1 {
		many = append(many, webtest.File{Name: strconv.Itoa(n) + ".json", Content: good.Content})
	}
	webtest.WantText(t, upload(d, d.Writer, d.Group.ID.String(), many...).Want(422), "at most 50 files")
}

func TestLIM1ImportIsBounded(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	big := webtest.File{Name: "big.json", Content: strings.Repeat(" ", policy.MaxImportBytes/2+1)}
	webtest.WantText(t, upload(d, d.Writer, d.Group.ID.String(), big, big).Want(422), "larger than 4 MiB")
	upload(d, d.Writer, d.Group.ID.String(), big, big, big).Want(413)
	d.Writer.Post(address, map[string][]string{"import": {"yes"}, "group": {d.Group.ID.String()}, "text:0": {"not base64!"}}).Want(400)
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
	in := upload(d, d.Writer, d.Group.ID.String(), webtest.File{Name: "bundle.json", Content: rec.Body.String()}).Want(200)
	webtest.WantText(t, in, "A bundle with its history: version 1 is taken")
	webtest.WantText(t, in.SubmitTo(address, webtest.Values{"import": "yes", "name:0": "Travels again"}).Want(200), "The policy is imported")
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
