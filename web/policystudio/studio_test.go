package policystudio_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"portal/internal/id"
	"portal/internal/policydoc"
	"portal/web/webtest"
)

const newShare = "/datashare-policies/new"

// document is the text side, as a browser has it.
func document(p *webtest.Page) string { return webtest.Value(p, "document") }

// checkSteps fails unless the page's two sides are in step: what the form was
// made of is what the text says.
func checkSteps(t *testing.T, p *webtest.Page) {
	t.Helper()
	base := p.Doc.Find("input[name=base]")
	if base.Length() != 1 || base.AttrOr("value", "") != document(p) {
		t.Errorf("the form was made of %q, the text says %q", base.AttrOr("value", ""), document(p))
	}
}

// parsed is a document as data.
func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestAuthPolicyByFormAlone(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newAuth).Want(200)
	webtest.WantText(t, p, "The partner gets another token each time", "One-time code", "Fingerprint", "Needs the most care", "Photo", "English")
	in := webtest.Values{
		"name": "By form", "description": "Without a line of JSON", "group": d.Group.ID.String(), "note": "The first draft",
		"authTokenType": "partner", "way:otp": "required", "way:bio:IRIS": "optional",
		"attribute": []string{"fullName", "photo"}, "add_attribute": "shoeSize", "language": []string{"eng"}, "add_language": "swa",
	}
	saved := p.Submit(in).Want(200)
	if saved.Title() != "By form" {
		t.Fatalf("not saved: %s", saved.Text())
	}
	stored := d.Writer.Get(saved.Path + "/versions/1.json").Body
	m, ok := policydoc.Understand(policydoc.KindAuth, []byte(stored))
	if !ok {
		t.Fatalf("stored %s", stored)
	}
	got := fmt.Sprint(m.Auth.TokenType.Name, " ", len(m.Auth.Ways), " ", m.Auth.Ways[0].Type, m.Auth.Ways[0].Mandatory, " ", m.Auth.Ways[1].SubType, m.Auth.Ways[1].Mandatory)
	for _, a := range append(m.Auth.Attributes, m.Auth.Languages...) {
		got += " " + a.Name
	}
	if want := "partner 2 otptrue IRISfalse fullName photo shoeSize eng swa"; got != want {
		t.Errorf("stored %s, want %s", got, want)
	}
	again := d.Writer.Get(saved.Path + "/edit").Want(200)
	if again.Doc.Find(`input[name=attribute][value=shoeSize][checked]`).Length() != 1 {
		t.Error("the form does not show the name of one's own")
	}
	webtest.WantText(t, again, "Not in the vocabulary")
	checkSteps(t, again)
}

func TestDataSharePolicyByFormAlone(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newShare).Want(200)
	p = p.Submit(webtest.Values{
		"share:typeOfShare": "Data Share", "share:validForInMinutes": "45", "share:transactionsAllowed": "2",
		"share:encryptionType": "Partner Based", "share:shareDomain": "share.example.org", "share:source": "ID Repository", "add": "",
	}).Want(200)
	if p.Doc.Find("#studio-added input[name='row:0:attributeName']").Length() != 1 {
		t.Fatalf("the page does not come back at the new row: %s", document(p))
	}
	checkSteps(t, p)
	p = p.Submit(webtest.Values{
		"row:0:attributeName": "biometrics", "row:0:format": "extraction", "row:0:encrypted": "true",
		"row:0:source:0:attribute": "individualBiometrics", "add": "0:source:0",
	}).Want(200)
	if p.Doc.Find("#studio-added input[name='row:0:source:0:filter:0:type']").Length() != 1 {
		t.Fatalf("no new filter: %s", document(p))
	}
	p = p.Submit(webtest.Values{"row:0:source:0:filter:0:type": "Finger", "row:0:source:0:filter:0:subType": "Left IndexFinger, Right IndexFinger"}).Want(422)
	webtest.WantText(t, p, "Enter a name.") // nothing of the rows is lost for that
	p = p.Submit(webtest.Values{"name": "Shared by form", "description": "Rows", "group": d.Group.ID.String()}).Want(200)
	m, ok := policydoc.Understand(policydoc.KindDataShare, []byte(d.Writer.Get(p.Path+"/versions/1.json").Body))
	if !ok {
		t.Fatal("the form made a document with errors")
	}
	a := m.Share.Attributes[0]
	got := fmt.Sprint(m.Share.ValidMinutes, m.Share.Transactions, " ", a.Name, a.Encrypted, " ", a.Sources[0].Attribute, a.Sources[0].Filters)
	if got != "45 2 biometricstrue individualBiometrics[{Finger [Left IndexFinger Right IndexFinger] }]" {
		t.Errorf("stored %s", got)
	}
}

func TestRowsComeAndGo(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newShare).Submit(webtest.Values{"document": webtest.Other(policydoc.KindDataShare), "apply": "text"}).Want(200)
	before := p.Doc.Find(".attribute").Length()
	first := webtest.Value(p, "row:0:attributeName")
	p = p.Submit(webtest.Values{"add": ""}).Want(200)
	if n := p.Doc.Find(".attribute").Length(); n != before+1 {
		t.Errorf("%d rows, want %d", n, before+1)
	}
	p = p.Submit(webtest.Values{"add": "0"}).Want(200)
	if p.Doc.Find("input[name='row:0:source:1:attribute']").Length() != 1 {
		t.Error("no second source")
	}
	p = p.Submit(webtest.Values{"remove": "0:source:1"}).Want(200)
	p = p.Submit(webtest.Values{"remove": fmt.Sprint(before)}).Want(200)
	if document(p) != webtest.Other(policydoc.KindDataShare) {
		t.Errorf("what was added and removed left a trace:\n%s", document(p))
	}
	p = p.Submit(webtest.Values{"remove": "0"}).Want(200)
	if webtest.Value(p, "row:0:attributeName") == first || p.Doc.Find(".attribute").Length() != before-1 {
		t.Error("the first row is still there")
	}
	checkSteps(t, p)
	stuck := p.Submit(webtest.Values{"remove": "77"}).Want(200)
	webtest.WantText(t, stuck, "Nothing was added or removed")
	if document(stuck) != document(p) {
		t.Error("the text changed all the same")
	}
}

func TestEitherSideBringsTheOtherUpToDate(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newAuth).Submit(webtest.Values{"document": webtest.Sample(policydoc.KindAuth), "apply": "text"}).Want(200)
	if p.Doc.Find(`input[name="way:otp"][value=optional][checked]`).Length() != 1 {
		t.Error("the form does not show what the text says")
	}
	p = p.Submit(webtest.Values{"way:otp": "required", "apply": "form"}).Want(200)
	if !strings.Contains(document(p), `"mandatory": true`) {
		t.Errorf("the text does not say what the form shows: %s", document(p))
	}
	checkSteps(t, p)
	p = p.Submit(webtest.Values{"way:otp": "optional", "apply": "form"}).Want(200)
	if document(p) != webtest.Sample(policydoc.KindAuth) {
		t.Errorf("there and back is another text: %s", document(p))
	}
	// A text that cannot be read has no form, and gets it back.
	p = p.Submit(webtest.Values{"document": `{"authTokenType": `, "check": "yes"}).Want(200)
	webtest.WantText(t, p, "The form comes back when the text can be read", "Go to the first finding")
	if p.Doc.Find("input[name=base], input[name=authTokenType]").Length() != 0 {
		t.Error("half a form is shown")
	}
	p = p.Submit(webtest.Values{"document": webtest.Sample(policydoc.KindAuth), "check": "yes"}).Want(200)
	checkSteps(t, p)
}

func TestBothSidesChangedAsksWhichCounts(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	in := d.Good(policydoc.KindAuth, "Both")
	form := d.Writer.Get(d.Auth("Contested sides").Path + "/edit").Want(200)
	typed := strings.Replace(webtest.Sample(policydoc.KindAuth), "{", "{ ", 1)
	in["document"], in["way:otp"], in["attribute"] = typed, "required", []string{"fullName"}
	delete(in, "name")
	for _, again := range []webtest.Values{nil, {"check": "yes"}} { // asking in another way changes nothing
		both := form.Submit(in).Want(422)
		both = both.Submit(again).Want(422)
		webtest.WantText(t, both, "The form and the text were both changed", "You changed this form", "You changed this text")
		if document(both) != typed || both.Doc.Find(`input[name="way:otp"][value=required][checked]`).Length() != 1 ||
			both.Doc.Find(`input[name=attribute][value=fullName][checked]`).Length() != 1 {
			t.Fatal("one of the sides is lost")
		}
		keptForm := both.Submit(webtest.Values{"keep": "form"}).Want(200)
		if doc := document(keptForm); !strings.Contains(doc, "fullName") || strings.HasPrefix(doc, "{ ") {
			t.Errorf("the form was kept: %s", doc)
		}
		checkSteps(t, keptForm)
		keptText := both.Submit(webtest.Values{"keep": "text"}).Want(200)
		if document(keptText) != typed || keptText.Doc.Find(`input[name=attribute][value=fullName][checked]`).Length() != 0 {
			t.Errorf("the text was kept: %s", document(keptText))
		}
		checkSteps(t, keptText)
	}
	if v := d.Writer.Get(form.Path); !strings.Contains(document(v), webtest.Sample(policydoc.KindAuth)[1:20]) {
		t.Error("something was stored")
	}
}

func TestWhatTheFormCannotShowIsKeptAndShown(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	text := `{
  "authTokenType": "partner",
  "vendor": {"x-limit": 12},
  "allowedAuthTypes": [
    {"authType": "otp", "mandatory": false, "comment": "by phone"}
  ],
  "allowedKycAttributes": []
}
`
	p := d.Writer.Get(newAuth).Submit(webtest.Values{"document": text, "check": "yes"}).Want(200)
	webtest.WantText(t, p, "Kept as it is", `{"x-limit": 12}`, `"by phone"`)
	p = p.Submit(webtest.Values{"authTokenType": "random", "apply": "form"}).Want(200)
	if want := strings.Replace(text, "partner", "random", 1); document(p) != want {
		t.Errorf("the form changed more than was asked:\n%s", document(p))
	}
	share := d.Writer.Get(newShare).Submit(webtest.Values{"check": "yes", "document": `{
  "dataSharePolicies": {"validForInMinutes": "soon", "typeOfShare": ["direct"]},
  "shareableAttributes": [{"attributeName": "age", "source": [{"attribute": "dateOfBirth", "weight": 3}], "encrypted": "yes"}]
}`}).Want(200)
	webtest.WantText(t, share, `["direct"]`, `"yes"`, "3")
	if in := share.Doc.Find(`input[name="share:validForInMinutes"]`); in.AttrOr("type", "") != "text" || in.AttrOr("value", "") != "soon" {
		t.Error("a number field would lose what is no number")
	}
	if again := share.Submit(webtest.Values{"check": "yes"}).Want(200); document(again) != document(share) {
		t.Errorf("looking changed the text: %s", document(again))
	}
}

func TestFixOfAFindingWithOneClick(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	bad := strings.Replace(webtest.Sample(policydoc.KindAuth), `"otp"`, `"opt"`, 1)
	p := d.Writer.Get(newAuth).Submit(webtest.Values{"name": "Fixed", "document": bad, "check": "yes"}).Want(200)
	fix := p.Doc.Find(`button[name=fix]`).First().AttrOr("value", "")
	if fix == "" {
		t.Fatalf("no fix is offered: %s", p.Doc.Find(".findings").Text())
	}
	fixed := p.Submit(webtest.Values{"fix": fix}).Want(200)
	if document(fixed) == bad || webtest.Value(fixed, "name") != "Fixed" {
		t.Errorf("after the fix: %s", document(fixed))
	}
	checkSteps(t, fixed)
	gone := fixed.Submit(webtest.Values{"document": webtest.Sample(policydoc.KindAuth), "check": "yes"}).Want(200)
	raw := fieldsOf(gone)
	raw.Set("fix", "AP-999@1")
	webtest.WantText(t, d.Writer.Post("/auth-policies", raw).Want(200), "This finding is no longer there")
}

// fieldsOf is what a browser would send of the studio's form.
func fieldsOf(p *webtest.Page) url.Values {
	return webtest.Fields(p.Doc.Find("main form[method=post]").First())
}

func TestCopyOfAVersion(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	long := strings.Repeat("Long name ", 12) + "of 128."
	p := d.Auth(long)
	d.Edit(p.Path, webtest.Other(policydoc.KindAuth))
	pid := strings.TrimPrefix(p.Path, "/auth-policies/")
	clone := d.Writer.Get(newAuth + "?from=" + pid + "&version=1").Want(200)
	webtest.WantText(t, clone, "copy of version 1 of "+long)
	name := webtest.Value(clone, "name")
	if !strings.HasPrefix(name, "Copy of Long name") || len(name) != 128 || document(clone) != webtest.Sample(policydoc.KindAuth) ||
		webtest.Value(clone, "group") != d.Group.ID.String() || webtest.Value(clone, "description") != "For tests" {
		t.Errorf("the copy starts as %q (%d), %q", name, len(name), document(clone))
	}
	checkSteps(t, clone)
	saved := clone.Submit(webtest.Values{"name": "The copy"}).Want(200)
	if saved.Path == p.Path || saved.Title() != "The copy" {
		t.Errorf("saved %s at %s", saved.Title(), saved.Path)
	}
	for _, query := range []string{"?from=" + pid + "&version=9", "?from=" + pid + "&version=x", "?from=" + id.New[id.Policy]().String() + "&version=1", "?from=x&version=1"} {
		d.Writer.Get(newAuth + query).Want(404)
	}
	d.Writer.Get(newShare + "?from=" + pid + "&version=1").Want(404) // of the other kind
	for _, query := range []string{"?from=" + pid, "?from=x", "?from=" + id.New[id.Policy]().String()} {
		webtest.WantText(t, d.Writer.Get(newAuth+query).Want(200), "does not say which version of which policy to copy")
	}
	if p := d.Writer.Get(newAuth); p.Has("to copy") {
		t.Error("an empty form speaks of a copy")
	}
}

func TestDiscardedPolicyIsNotEdited(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Auth("Unwanted")
	pid, err := id.Parse[id.Policy](strings.TrimPrefix(p.Path, "/auth-policies/"))
	if err != nil {
		t.Fatal(err)
	}
	edit := d.Writer.Get(p.Path + "/edit").Want(200)
	if _, err := d.App.Policies.DiscardVersion(t.Context(), d.Writer.Actor, pid, 1); err != nil {
		t.Fatal(err)
	}
	if got := d.Writer.Get(p.Path + "/edit").Want(200); got.Path != p.Path {
		t.Errorf("the form opens at %s", got.Path)
	}
	if late := edit.Submit(webtest.Values{"name": "Wanted"}); late.Status != 409 {
		t.Errorf("status %d", late.Status)
	}
}

func TestReviewDateAndNote(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	now := d.Clock.Now()
	form := d.Writer.Get(newAuth).Want(200)
	if got, want := webtest.Value(form, "review_on"), now.AddDate(1, 0, 0).Format("2006-01-02"); got != want {
		t.Errorf("proposed %s, want %s", got, want)
	}
	for name, day := range map[string]string{
		"today": now.Format("2006-01-02"), "past": "2001-01-01", "too far": now.AddDate(5, 0, 1).Format("2006-01-02"), "no day": "soon", "no such day": "2027-02-30",
	} {
		in := d.Good(policydoc.KindAuth, "Reviewed")
		in["review_on"] = day
		p := form.Submit(in).Want(422)
		if p.FieldError("review_on") == "" || webtest.Value(p, "review_on") != day || webtest.Value(p, "name") != "Reviewed" {
			t.Errorf("%s: message %q, %q kept", name, p.FieldError("review_on"), webtest.Value(p, "review_on"))
		}
	}
	in := d.Good(policydoc.KindAuth, "Reviewed")
	in["note"] = strings.Repeat("x", 501)
	p := form.Submit(in).Want(422)
	if p.FieldError("note") == "" || webtest.Value(p, "note") != in["note"] {
		t.Errorf("message at the note %q", p.FieldError("note"))
	}
	day := now.AddDate(0, 0, 1).Format("2006-01-02")
	in["note"], in["review_on"] = "Because\nof that", day
	saved := p.Submit(in).Want(200)
	again := d.Writer.Get(saved.Path + "/edit").Want(200)
	if webtest.Value(again, "review_on") != day || webtest.Value(again, "note") != "" {
		t.Errorf("the next edit starts with %q, %q", webtest.Value(again, "review_on"), webtest.Value(again, "note"))
	}
	pid, err := id.Parse[id.Policy](strings.TrimPrefix(saved.Path, "/auth-policies/"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.App.Policies.Version(t.Context(), pid, 1)
	if err != nil || v.Note != "Because\nof that" {
		t.Errorf("stored the note %q, %v", v.Note, err)
	}
}

func TestStudioInArabic(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	reader := d.Person("Layla", "ar", "PARTNER_ADMIN")
	for list, kind := range map[string]policydoc.Kind{newAuth: policydoc.KindAuth, newShare: policydoc.KindDataShare} {
		for _, s := range policydoc.Samples(kind) {
			p := reader.Get(list).Submit(webtest.Values{"sample": s.ID}).Want(200)
			if p.Doc.Find("html").AttrOr("dir", "") != "rtl" || p.Has("[policy") || parsed(t, document(p)) == nil {
				t.Errorf("%s: %s", s.ID, p.Text())
			}
			checkSteps(t, p)
			if otp := policydoc.DefaultVocabulary().Description("ar", policydoc.AuthTypes, "otp"); kind == policydoc.KindAuth && !p.Has(otp) {
				t.Errorf("%s does not say %q", s.ID, otp)
			}
		}
	}
}

func TestEveryInputHasALabel(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for list, kind := range map[string]policydoc.Kind{newAuth: policydoc.KindAuth, newShare: policydoc.KindDataShare} {
		p := d.Writer.Get(list).Submit(webtest.Values{"document": webtest.Other(kind), "check": "yes"}).Want(200)
		for _, in := range p.Doc.Find("main input:not([type=hidden]), main textarea, main select").EachIter() {
			id, _ := in.Attr("id")
			if in.Closest("label").Length() == 0 && p.Doc.Find(`label[for="`+id+`"]`).Length() == 0 {
				t.Errorf("%s: the input %q has no label", list, in.AttrOr("name", ""))
			}
		}
		for _, b := range p.Doc.Find("main button:not([aria-hidden])").EachIter() {
			if strings.TrimSpace(b.Text()) == "" {
				t.Errorf("%s: a button without words", list)
			}
		}
	}
}
