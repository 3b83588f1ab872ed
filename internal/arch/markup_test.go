package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a page's source may not hold: templ escapes everything but these
// (security.md WEB-5). Attributes whose value comes from an expression are named one
// by one, since templ checks only href and action.
var unsafe = map[string]*regexp.Regexp{
	"raw markup":          regexp.MustCompile(`templ\.Raw\b|templ\.FromGoHTML\b|template\.HTML\b`),
	"an unchecked link":   regexp.MustCompile(`templ\.SafeURL\b|templ\.URL\b`),
	"unchecked style":     regexp.MustCompile(`templ\.SafeCSS\w*|templ\.SafeClass\b|\bstyle=|<style[\s>]`),
	"script in a page":    regexp.MustCompile(`templ\.JSUnsafeFuncCall\b|templ\.JSExpression\b|<script>|<script [^>]*>[^<\s]`),
	"a handler in a page": regexp.MustCompile(`[\s"]on[a-z]+=`),
	"a dynamic source":    regexp.MustCompile(`[\s"](src|srcset|formaction|xlink:href)=\{`),
	"spread attributes":   regexp.MustCompile(`\{\s*[\w.]+(\([^)]*\))?\.\.\.\s*\}`),
}

// reviewed are the exceptions: what each line with one contains.
var reviewed = map[string][]string{
	"a dynamic source": {
		`src={ static.Path(`,        // files of our own, by their names in the binary
		`formaction={ listURL + "/`, // our own routes with a constant
		`formaction={ f.at(`,        // the studio's own page, at one of its places
	},
	"spread attributes": {
		`{ children... }`,                // no attributes: a component's content
		`{ described(`, `{ f.described(`, // aria-describedby and aria-invalid of a field
		`{ jump(f.Report.Findings[0])... }`, // where in the text a finding stands, in numbers
	},
}

// faults are what is unsafe in a page's source, by line.
func faults(source string) (found []string) {
	for _, line := range strings.Split(source, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "//") {
			continue
		}
		for what, pattern := range unsafe {
			if pattern.MatchString(line) && !allowed(what, line) {
				found = append(found, what+": "+strings.TrimSpace(line))
			}
		}
	}
	return found
}

func allowed(what, line string) bool {
	for _, exception := range reviewed[what] {
		if strings.Contains(line, exception) {
			return true
		}
	}
	return false
}

func TestWEB5PagesHoldNothingUnsafe(t *testing.T) {
	t.Parallel()
	pages, all := 0, ""
	err := filepath.WalkDir("../../web", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".templ" {
			return err
		}
		pages++
		source, err := os.ReadFile(path)
		all += string(source)
		for _, f := range faults(string(source)) {
			t.Errorf("%s: %s", path, f)
		}
		return err
	})
	if err != nil || pages < 50 {
		t.Fatalf("%d pages were read: %v", pages, err)
	}
	for _, exceptions := range reviewed {
		for _, exception := range exceptions {
			if !strings.Contains(all, exception) {
				t.Errorf("nothing needs the exception %s any more", exception)
			}
		}
	}
}

// A rule that finds nothing may be asleep: each finds its planted example.
func TestWEB5EachRuleIsAwake(t *testing.T) {
	t.Parallel()
	for what, planted := range map[string][]string{
		"raw markup":          {`@templ.Raw(v.Note)`, `@templ.FromGoHTML(t, v)`},
		"an unchecked link":   {`<a href={ templ.SafeURL(v.Site) }>`, `<a href={ templ.URL(v.Site) }>`},
		"unchecked style":     {`<p style={ v.Colour }>`, `<p class={ templ.SafeClass(v.C) }>`, `<style>`, `@templ.SafeCSSProperty(x)`},
		"script in a page":    {`<script>alert(1)</script>`, `<script type="module">run()</script>`, `@templ.JSUnsafeFuncCall(v)`},
		"a handler in a page": {`<button onclick="go()">`, `<img onerror={ v.X }>`},
		"a dynamic source":    {`<img src={ v.Picture }>`, `<button formaction={ v.Next }>`, `<source srcset={ v.S }>`, `<use xlink:href={ v.U }>`},
		"spread attributes":   {`<div { v.Attributes... }>`, `<div { attrs(v)... }>`},
	} {
		for _, line := range planted {
			if found := faults(line); len(found) != 1 || !strings.HasPrefix(found[0], what) {
				t.Errorf("%s: %s is found as %q", what, line, found)
			}
		}
	}
}

// TestWEB6ScriptsAreFilesAndWriteText: behaviour stands in our static files, what
// they know of a page stands in attributes, and they write text, never markup. The
// browser holds them to it (require-trusted-types-for 'script'); one policy is theirs.
func TestWEB6ScriptsAreFilesAndWriteText(t *testing.T) {
	t.Parallel()
	markup := regexp.MustCompile(`\.(innerHTML|outerHTML)\s*[+]?=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function\(|setTimeout\(\s*['"` + "`" + `]`)
	for _, planted := range []string{`e.innerHTML = x`, `e.outerHTML += x`, `e.insertAdjacentHTML('x', y)`, `eval(x)`, `new Function(x)`, `setTimeout('x', 1)`} {
		if !markup.MatchString(planted) {
			t.Errorf("%s would not be found", planted)
		}
	}
	files, err := filepath.Glob("../../web/static/js/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no script was found: %v", err)
	}
	for _, path := range files {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(source), "\n") {
			if markup.MatchString(line) {
				t.Errorf("%s:%d: %s", path, n+1, strings.TrimSpace(line))
			}
		}
	}
}
