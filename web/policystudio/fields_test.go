package policystudio_test

import (
	"strings"
	"testing"

	"portal/internal/policydoc"
	"portal/web/webtest"
)

func TestBarSaysHowTheDocumentStands(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for text, want := range map[string]string{
		"": "Nothing chosen yet", `{"authTokenType": "sometimes", "allowedAuthTypes": [], "allowedKycAttributes": []}`: "error", webtest.Sample(policydoc.KindAuth): "No findings",
		strings.Repeat(" ", policydoc.MaxBytes) + "{}": "Cannot be saved",
	} {
		raw := fieldsOf(d.Writer.Get(newAuth))
		raw.Set("document", text)
		raw.Set("check", "live")
		p := d.Writer.Post("/auth-policies", raw).Want(200)
		bar := p.Doc.Find(".bar")
		if bar.Find("#studio-bar a").Length() != 1 || !strings.Contains(bar.Find("#studio-bar").Text(), want) {
			t.Errorf("%.40q: the bar says %q, want %q", text, bar.Text(), want)
		}
		if n := bar.Find("button").Length(); n != 2 || p.Doc.Find("main form button[aria-hidden]").Length() != 1 {
			t.Errorf("%d buttons in the bar, %d for the Enter key", n, p.Doc.Find("main form button[aria-hidden]").Length())
		}
	}
}

func TestFindingsStandAtTheirFields(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newShare).Submit(webtest.Values{"check": "yes", "document": `{
  "dataSharePolicies": {"validForInMinutes": "0", "transactionsAllowed": "2", "typeOfShare": "Post", "encryptionType": "none", "shareDomain": "a b", "source": "ID Repository"},
  "shareableAttributes": [{"attributeName": "fullName", "source": [{"attribute": "fullNam"}], "encrypted": "true"}]
}`}).Want(200)
	for _, field := range []string{"share:validForInMinutes", "row:0:source:0:attribute"} {
		in := p.Doc.Find(`input[name="` + field + `"]`)
		note := p.Doc.Find(`[id="note-` + field + `"]`)
		if !strings.Contains(in.AttrOr("aria-describedby", ""), "note-"+field) || strings.TrimSpace(note.Text()) == "" {
			t.Errorf("%s has no finding: %q, %q", field, in.AttrOr("aria-describedby", ""), note.Text())
		}
	}
	if in := p.Doc.Find(`input[name="share:validForInMinutes"]`); in.AttrOr("aria-invalid", "") != "true" {
		t.Error("minutes with an error are not marked")
	}
	if p.Doc.Find(`[id="error-share:typeOfShare"]`).Text() == "" {
		t.Error("no message at the way of sharing")
	}
	if odd := p.Doc.Find(".cells > .odd"); !strings.Contains(odd.Text(), `"true"`) || !strings.Contains(odd.Text(), "Encrypted") {
		t.Errorf("the odd value says %q", odd.Text())
	}
	added := p.Submit(webtest.Values{"add": ""}).Want(200)
	if added.Doc.Find(`[id="note-row:1:attributeName"]`).Length() != 0 {
		t.Error("a row that nobody has filled in is scolded already")
	}
}

func TestEmptySourceTakesTheName(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newShare).Submit(webtest.Values{"add": ""}).Want(200)
	for _, step := range []struct{ name, source, want string }{
		{"ful", "", "ful"},                    // half of it, checked while somebody types
		{"fullName", "ful", "fullName"},       // the rest
		{"name", "fullName", "fullName"},      // another name for a known attribute
		{"name", "", ""},                      // emptied on purpose
		{"age", "dateOfBirth", "dateOfBirth"}, // answered
	} {
		p = p.Submit(webtest.Values{"row:0:attributeName": step.name, "row:0:source:0:attribute": step.source, "check": "yes"}).Want(200)
		if got := webtest.Value(p, "row:0:source:0:attribute"); got != step.want {
			t.Errorf("%+v: the source is %q", step, got)
		}
	}
}

func TestTooLongTextSaysSo(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	raw := fieldsOf(d.Writer.Get(newAuth))
	raw.Set("document", "["+strings.Repeat("1,", policydoc.MaxBytes/2)+"1]")
	raw.Set("check", "live")
	p := d.Writer.Post("/auth-policies", raw).Want(200)
	webtest.WantText(t, p, "The form comes back when the text is shorter", "longer than 256 KiB")
	if p.Has("stands where it cannot") {
		t.Error("it says that something stands in the wrong place")
	}
}

func TestDescriptionsOfWhatIsNotChosenAreFolded(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Writer.Get(newAuth).Submit(webtest.Values{"attribute": []string{"fullName"}, "check": "yes"}).Want(200)
	v := policydoc.DefaultVocabulary()
	chosen, other, special := v.Description("en", policydoc.Attributes, "fullName"), v.Description("en", policydoc.Attributes, "phone"), v.Description("en", policydoc.Attributes, "photo")
	picks, folded := p.Doc.Find(".pick-list").Text(), p.Doc.Find("details.glossary").Text()
	if !strings.Contains(picks, chosen) || !strings.Contains(picks, special) || strings.Contains(picks, other) || !strings.Contains(folded, other) {
		t.Errorf("shown: %s\nfolded: %s", picks, folded)
	}
}
