package policystudio_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portal/internal/policydoc"
	"portal/web/webtest"
)

func TestLiveCheckAnswersAndStoresNothing(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	form := d.Writer.Get(newAuth).Want(200)
	for name, change := range map[string]func(url.Values){
		"good text":   func(v url.Values) { v.Set("document", webtest.Sample(policydoc.KindAuth)) },
		"broken text": func(v url.Values) { v.Set("document", "{") },
		"NUL":         func(v url.Values) { v.Set("document", "{\x00}") },
		"too large":   func(v url.Values) { v.Set("document", strings.Repeat("1", policydoc.MaxBytes+1)) },
		"form":        func(v url.Values) { v.Set("way:otp", "optional") },
		"both":        func(v url.Values) { v.Set("way:otp", "optional"); v.Set("document", "{}") },
		"no day":      func(v url.Values) { v.Set("review_on", "soon") },
		"row":         func(v url.Values) { v.Set("add", "") },
	} {
		v := fieldsOf(form)
		v.Set("check", "live")
		change(v)
		p := d.Writer.Post("/auth-policies", v)
		for _, part := range []string{"#studio-form", "#studio-both", "#studio-findings", "#studio-says", "#studio-status", "#field-document"} {
			if p.Status != http.StatusOK || p.Doc.Find(part).Length() != 1 {
				t.Errorf("%s: status %d, %d of %s", name, p.Status, p.Doc.Find(part).Length(), part)
			}
		}
		if p.Doc.Find("#studio-status").Text() == "" {
			t.Errorf("%s: nothing is said", name)
		}
	}
	webtest.WantText(t, d.Writer.Get("/auth-policies"), "No Auth policy yet")
}

func TestLIM1HostileFormsOfTheStudio(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	forms := map[string]*webtest.Page{"/auth-policies": d.Writer.Get(newAuth), "/datashare-policies": d.Writer.Get(newShare)}
	for list, form := range forms {
		for name, change := range map[string]func(url.Values){
			"unknown row":       func(v url.Values) { v.Add("row", "999999") },
			"row of nothing":    func(v url.Values) { v.Add("row", "0:source:0:filter:0") },
			"row without shape": func(v url.Values) { v.Add("row", "../../etc"); v.Set("row:../../etc:attributeName", "x") },
			"new rows": func(v url.Values) {
				v["row"] = []string{"n0", "n0:source:n0"}
				v.Set("row:n0:attributeName", "\u202e<b>")
			},
			"the same row": func(v url.Values) { v["row"] = []string{"n0", "n0"} },
			"ways": func(v url.Values) {
				v.Set("way:", "optional")
				v.Set("way:%zz:%00", "required")
				v.Set("way:otp", "perhaps")
			},
			"names":      func(v url.Values) { v.Set("share:", "x"); v.Set("share:\x00", "x"); v.Set("row:\u2028:\x7f", "x") },
			"no names":   func(v url.Values) { v["attribute"] = []string{"", "\x00"} },
			"long":       func(v url.Values) { v.Set("add_attribute", strings.Repeat("x", 100_000)) },
			"bad base":   func(v url.Values) { v.Set("base", "[1,2") },
			"large base": func(v url.Values) { v.Set("base", strings.Repeat("1", policydoc.MaxBytes+1)) },
			"NUL base":   func(v url.Values) { v.Set("base", "{\x00}") },
			"strange buttons": func(v url.Values) {
				v.Set("add", "\x00")
				v.Set("remove", "::")
				v.Set("fix", "@")
				v.Set("keep", "?")
				v.Set("apply", "?")
			},
			"3,000 picks":  func(v url.Values) { v["attribute"] = strings.Split(strings.Repeat("x ", 3000), " ") },
			"3,900 fields": func(v url.Values) { addFields(v, 3900) },
		} {
			v := fieldsOf(form)
			v.Set("check", "yes")
			change(v)
			if p := d.Writer.Post(list, v); p.Status != 200 && p.Status != 400 && p.Status != 422 {
				t.Errorf("%s, %s: status %d", list, name, p.Status)
			}
		}
		for n, want := range map[int]int{3900: 200, 4100: 400} {
			v := fieldsOf(form)
			v.Set("check", "yes")
			addFields(v, n)
			if p := d.Writer.Post(list, v); p.Status != want {
				t.Errorf("%s with %d fields: status %d, want %d", list, n, p.Status, want)
			}
		}
	}
}

func addFields(v url.Values, n int) {
	for i := range n - len(v) {
		v.Set(fmt.Sprintf("row:%d:format", i), "x")
	}
}

func TestLIM1FourTextsOfFullSizeFit(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	full := "{" + strings.Repeat("\n", policydoc.MaxBytes-2) + "}" // every line end is doubled on the way
	in := d.Good(policydoc.KindAuth, "Full")
	in["document"] = full
	p := d.Writer.Get(newAuth).Submit(in)
	if p.Status != 200 {
		t.Fatalf("status %d", p.Status)
	}
	edit := d.Writer.Get(p.Path + "/edit").Want(200)
	sample := edit.Submit(webtest.Values{"sample": policydoc.Samples(policydoc.KindAuth)[0].ID}).Want(200)
	restored := sample.Submit(webtest.Values{"document": full, "file": webtest.File{Name: "x.json", Content: full}, "check": "yes"}).Want(200)
	if webtest.Value(restored, "previous") != full || document(restored) != full {
		t.Error("a text of full size is lost")
	}
}

func TestTooManyRowsAreEditedAsText(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	rows := strings.Repeat(`{"attributeName": "age", "source": [], "encrypted": true},`, policydoc.MaxFormRows+1)
	text := `{"shareableAttributes": [` + strings.TrimSuffix(rows, ",") + `]}`
	p := d.Writer.Get(newShare).Submit(webtest.Values{"document": text, "check": "yes"}).Want(200)
	webtest.WantText(t, p, "too many for a form")
	if document(p) != text || p.Doc.Find("input[name=base]").Length() != 0 {
		t.Error("the text is not as it was, or there is a form")
	}
}
