package dev

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"portal/web/i18n"
	"portal/web/ui"
)

func galleryIn(t *testing.T, lang string) (*goquery.Document, []byte) {
	t.Helper()
	ctx := i18n.WithLang(t.Context(), lang)
	shell := &ui.Shell{
		Path: "/dev/gallery", SignedIn: true, UserName: "Amina", UserRole: "Partner Admin", FormToken: "token-1",
		Nav:   []ui.NavGroup{{Title: "Policy", Items: []ui.NavItem{{Label: "Policy Group", Href: "/policy-groups", Icon: "group", Current: true, Count: 2}}}},
		Flash: &ui.Flash{Text: "Saved", Href: "/x", LinkText: "Next"}, Notices: []string{"Notice"}, BuildID: "test",
	}
	for _, l := range i18n.Languages {
		shell.LanguageLinks = append(shell.LanguageLinks, ui.LanguageLink{Code: l.Code, Name: l.Name, Current: l.Code == lang})
	}
	var b bytes.Buffer
	if err := Gallery().Render(ui.WithShell(ctx, shell), &b); err != nil {
		t.Fatal(err)
	}
	page := b.Bytes()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc, page
}

// The gallery holds every component, so what is true for it is true for every page made of them.
func TestGalleryInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range i18n.Languages {
		doc, page := galleryIn(t, l.Code)
		root := doc.Find("html")
		if root.AttrOr("lang", "") != l.Code || root.AttrOr("dir", "") != l.Dir {
			t.Errorf("%s: wrong lang or dir", l.Code)
		}
		for key := range i18n.Keys(l.Code) {
			if bytes.Contains(page, []byte("["+key+"]")) {
				t.Errorf("%s: %s has no text", l.Code, key)
			}
		}
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%s: %d h1", l.Code, n)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(page); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %d compressed", l.Code, len(page), packed.Len())
		if packed.Len() > 20<<10 {
			t.Errorf("%s: the page weighs %d bytes compressed", l.Code, packed.Len())
		}
	}
}

func TestGalleryIsAccessibleByItsMarkup(t *testing.T) {
	t.Parallel()
	doc, _ := galleryIn(t, "en")
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			t.Errorf("id %q stands twice", id)
		}
		ids[id] = true
	})
	for _, attr := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attr, "")) {
				if !ids[id] {
					t.Errorf("%s points to %q, which is nowhere", attr, id)
				}
			}
		})
	}
	doc.Find("a[href^='#field-'], a.skip").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !ids[id] {
			t.Errorf("link to %q, which is nowhere", id)
		}
	})
	doc.Find("main input:not([type=hidden]), main select, main textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if doc.Find("label[for='"+id+"']").Length()+s.ParentsFiltered("label").Length() == 0 {
			t.Errorf("%q has no label", id)
		}
	})
	if n := doc.Find("th[aria-sort=descending]").Length(); n != 1 {
		t.Errorf("%d columns say that they are sorted", n)
	}
}

// WEB-1, WEB-4: every form that changes something carries the token, and no page has code or style of its own.
func TestWEB1EveryPostFormCarriesTheToken(t *testing.T) {
	t.Parallel()
	doc, _ := galleryIn(t, "en")
	doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
		if got := s.Find("input[name=_token]").AttrOr("value", ""); got != "token-1" {
			t.Errorf("form to %q has the token %q", s.AttrOr("action", ""), got)
		}
	})
	if doc.Find("form[method=get] input[name=_token]").Length() > 0 {
		t.Error("a GET form would put the token into the address")
	}
	if doc.Find("style, [style], script:not([src])").Length() > 0 {
		t.Error("the page has inline code or style")
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s has %s", s.Nodes[0].Data, a.Key)
			}
		}
	})
}
