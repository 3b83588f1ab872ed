package confirm

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portal/internal/problem"
	"portal/internal/secret"
	"portal/web/form"
)

func posted(fields url.Values, path string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, nil)
	r.PostForm = fields
	return r
}

func noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.N(256))
	}
	return string(b)
}

func TestMFA6FormComesBackAsItWas(t *testing.T) {
	t.Parallel()
	g := &Gate{Keys: secret.RandomKeys()}
	fields := url.Values{
		"name": {"Élodie\r\n\"<b>\" 😀"}, "many": {"b", "a", "b"}, "empty": {""}, "current": {"correct horse"},
		"file": {noise(5000)}, "file" + form.FileName: {"ca.der"}, form.Token: {"x"},
	}
	text, lost := g.seal(posted(fields, "/a"), 64<<10)
	if lost || strings.Contains(text, "correct") {
		t.Errorf("lost %v, %.80q", lost, text)
	}
	got, err := g.open(posted(nil, "/a"), text)
	if err != nil {
		t.Fatal(err)
	}
	delete(fields, form.Token)
	if diff := cmp.Diff(fields, got); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{"another address": "", "altered": text[:len(text)-2] + "AA", "nothing sealed": "abcd", "no base64": "!"} {
		path := "/a"
		if text == "" {
			path, text = "/b", mustSeal(g, fields)
		}
		if _, err := g.open(posted(nil, path), text); !errors.Is(err, problem.ErrBadRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&Gate{Keys: secret.RandomKeys()}).open(posted(nil, "/a"), text); !errors.Is(err, problem.ErrBadRequest) {
		t.Errorf("of another portal: %v", err)
	}
}

func mustSeal(g *Gate, fields url.Values) string {
	text, _ := g.seal(posted(fields, "/a"), 1<<20)
	return text
}

// What does not fit is left out, files first, and the page says so.
func TestMFA6WhatIsTooLargeIsAskedForAgain(t *testing.T) {
	t.Parallel()
	g := &Gate{Keys: secret.RandomKeys()}
	const limit = 64 << 10
	for name, c := range map[string]struct {
		fields url.Values
		kept   []string
	}{
		"a file":        {url.Values{"label": {"Root"}, "text": {noise(10_000)}, "file": {noise(60_000)}, "file" + form.FileName: {"x"}}, []string{"label", "text"}},
		"a long text":   {url.Values{"label": {"Root"}, "text": {noise(60_000)}}, []string{"label"}},
		"long but dull": {url.Values{"label": {"Root"}, "text": {strings.Repeat("all the same ", 4_800)}}, []string{"label", "text"}},
	} {
		text, lost := g.seal(posted(c.fields, "/a"), limit)
		if len(text)+around > limit || lost != (len(c.kept) < len(c.fields)) {
			t.Errorf("%s: %d bytes, lost %v", name, len(text), lost)
		}
		got, err := g.open(posted(nil, "/a"), text)
		if err != nil || len(got) != len(c.kept) {
			t.Errorf("%s: %d fields are kept, %v", name, len(got), err)
		}
		for _, field := range c.kept {
			if got.Get(field) != c.fields.Get(field) {
				t.Errorf("%s: %s is lost", name, field)
			}
		}
	}
}
