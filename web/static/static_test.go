package static

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, method, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFilesAreServedCompressedAndForEver(t *testing.T) {
	t.Parallel()
	for name, a := range assets() {
		plain := get(t, "GET", Path(name), "")
		if got := plain.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if plain.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("Content-Type") != a.mime {
			t.Errorf("%s: headers %v", name, plain.Header)
		}
		want := read(t, plain.Body)
		br := get(t, "GET", Path(name), "gzip, deflate, br")
		if br.Header.Get("Content-Encoding") != "br" || read(t, brotli.NewReader(br.Body)) != want {
			t.Errorf("%s: wrong brotli answer", name)
		}
		gz := get(t, "GET", Path(name), "gzip, br;q=0")
		zr, err := gzip.NewReader(gz.Body)
		if err != nil {
			t.Fatal(err)
		}
		if gz.Header.Get("Content-Encoding") != "gzip" || read(t, zr) != want {
			t.Errorf("%s: wrong gzip answer", name)
		}
	}
}

func TestUnknownHashAndOtherMethods(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method, path string
		want         int
	}{
		{"HEAD", Path("app.css"), 200},
		{"POST", Path("app.css"), 405},
		{"GET", "/static/app.css", 404},
		{"GET", "/static/app.0000000000000000.css", 404},
		{"GET", "/static/../static.go", 404},
		{"GET", "/static/", 404},
	} {
		res := get(t, tc.method, tc.path, "br")
		if res.StatusCode != tc.want {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.path, res.StatusCode, tc.want)
		}
		if body := read(t, res.Body); tc.method == "HEAD" && body != "" {
			t.Errorf("HEAD answered with a body")
		}
	}
}

// Budget of product.md e.3: CSS 10 KB, the script of every page 3 KB, the editor's 7 KB, and 1.5 KB to compute a hash.
func TestWeight(t *testing.T) {
	t.Parallel()
	budget := map[string]int{"app.css": 10 << 10, "app.js": 3 << 10, "editor.js": 7 << 10, "studio.js": 7 << 10, "hash.js": 4<<10 + 512, "favicon.svg": 1 << 10}
	for name, size := range Sizes() {
		t.Logf("%-12s plain %5d  gzip %5d  brotli %5d", name, size.Plain, size.Gzip, size.Brotli)
		if size.Gzip > budget[name] {
			t.Errorf("%s: %d bytes compressed, the budget is %d", name, size.Gzip, budget[name])
		}
	}
}

// Arabic pages are mirrored by the browser: a physical side in the stylesheet would not follow.
func TestStylesheetKnowsNoLeftOrRight(t *testing.T) {
	t.Parallel()
	physical := regexp.MustCompile(`(?:^|[\s;{])((?:margin|padding|border|inset)?-?(?:left|right|top|bottom)(?:-[a-z]+)*|width|height|(?:min|max)-(?:width|height))\s*:|:\s*(?:left|right)\b`)
	fourSides := regexp.MustCompile(`(?:padding|margin|inset|border-width|border-radius):\s*([^;}\s]+)\s+([^;}\s]+)\s+([^;}\s]+)\s+([^;}\s]+)\s*[;}]`)
	forbidden := regexp.MustCompile(`url\(|@import|@font-face|!important|data:`)
	eachFile(t, "css/*.css", func(name, text string) {
		text = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(text, "")
		text = regexp.MustCompile(`@media[^{]*`).ReplaceAllString(text, "")
		for _, m := range physical.FindAllString(text, -1) {
			t.Errorf("%s: physical property %q", name, strings.TrimSpace(m))
		}
		for _, m := range fourSides.FindAllStringSubmatch(text, -1) {
			if m[2] != m[4] {
				t.Errorf("%s: different sides in %q", name, m[0])
			}
		}
		for _, m := range forbidden.FindAllString(strings.ReplaceAll(text, "display: none !important", ""), -1) {
			t.Errorf("%s: %q is not allowed", name, m)
		}
	})
}

// WEB-4: the policy of the pages forbids inline code and every way of making markup from text. One place may read
// markup: the studio, a page that this portal has just answered, through the one policy of trusted types.
func TestScriptsKeepToTheContentPolicy(t *testing.T) {
	t.Parallel()
	const onlyReader = "new DOMParser().parseFromString(pages ? pages.createHTML(page) : page, 'text/html')"
	sinks := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function|setAttribute\('style'|https?://`)
	policies := regexp.MustCompile(`createPolicy\(`)
	eachFile(t, "js/*.js", func(name, text string) {
		made := len(policies.FindAllString(text, -1))
		if name == "js/studio.js" {
			text = strings.Replace(text, onlyReader, "", 1)
			made -= strings.Count(text, "createPolicy('portal', ")
		}
		if made != 0 {
			t.Errorf("%s makes a policy of trusted types other than the one", name)
		}
		for _, m := range sinks.FindAllString(text, -1) {
			t.Errorf("%s: %q is not allowed", name, m)
		}
	})
}

func eachFile(t *testing.T, pattern string, do func(name, text string)) {
	t.Helper()
	files, err := fs.Glob(sources, pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", pattern, err, len(files))
	}
	for _, name := range files {
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			t.Fatal(err)
		}
		do(name, string(text))
	}
}
