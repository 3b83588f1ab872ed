//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWhatGoesWrongIsSeen shows that each fault that a journey must not
// overlook is noticed.
func TestWhatGoesWrongIsSeen(t *testing.T) {
	t.Parallel()
	page := func(body string) string {
		return `<!doctype html><html lang="en" dir="ltr"><title>t</title><link rel="icon" href="data:,"><main><h1>Page</h1>` + body + `</main>`
	}
	for name, c := range map[string]struct{ body, want string }{
		"exception":  {`<script src="/throw.js"></script>`, "uncaught exception"},
		"console":    {`<script src="/console.js"></script>`, "console.error"},
		"inline":     {`<p style="color:red">x</p>`, "content security policy"},
		"missing":    {`<script src="/missing.js"></script>`, "answers 404"},
		"other site": {`<img alt="" src="http://127.0.0.2:1/x.png">`, "leaves the portal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src * data:")
				switch r.URL.Path {
				case "/":
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					_, _ = w.Write([]byte(page(c.body)))
				case "/throw.js", "/console.js":
					w.Header().Set("Content-Type", "text/javascript")
					_, _ = w.Write([]byte(map[string]string{"/throw.js": `throw new Error("boom")`, "/console.js": `console.error("boom")`}[r.URL.Path]))
				default:
					http.NotFound(w, r)
				}
			}))
			t.Cleanup(srv.Close)
			b := newBrowser(t, srv.URL, script)
			b.watched("/")
			if got := strings.Join(b.taken(), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("noticed %q, want %q", got, c.want)
			}
		})
	}
}

// TestVerbs tries the harness on a page of its own, with scripts and without.
func TestVerbs(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{script, plain} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src data:; form-action 'self'")
				if r.URL.Path == "/s.js" {
					w.Header().Set("Content-Type", "text/javascript")
					_, _ = w.Write([]byte(`document.querySelector('h1').textContent = 'With script'`))
					return
				}
				_ = r.ParseForm()
				status := http.StatusOK
				if r.Method == http.MethodPost {
					status = http.StatusUnprocessableEntity
				}
				w.WriteHeader(status)
				_, _ = w.Write([]byte(`<!doctype html><html lang="en" dir="ltr"><title>t</title><link rel="icon" href="data:,"><main><h1>Plain</h1>
					<form method="post"><label for="a">Name <span class="opt">(optional)</span></label><input id="a" name="a" value="old">
					<label for="s">Kind</label><select id="s" name="s"><option value="">…</option><option value="1">One</option></select>
					<label class="choice"><input type="radio" name="r" value="yes"><b>Yes</b><span class="hint">really</span></label>
					<details><summary>More</summary><button>Send</button></details></form>
					<p>` + r.Form.Encode() + `</p><script src="/s.js"></script></main>`))
			}))
			t.Cleanup(srv.Close)
			b := newBrowser(t, srv.URL, m)
			b.open("/")
			b.heading(map[bool]string{true: "Plain", false: "With script"}[m.plain])
			b.fill("Name", "Zoë العربية")
			b.fill("Kind", "One")
			b.choose("Yes")
			b.toggle("More")
			b.expect(http.StatusUnprocessableEntity).press("Send")
			b.see("a=Zo%C3%AB+%D8%A7%D9%84%D8%B9%D8%B1%D8%A8%D9%8A%D8%A9&r=yes&s=1")
			b.fill("Name", "")
			b.back()
			b.miss("a=")
		})
	}
}
