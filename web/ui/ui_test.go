package ui

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"portal/internal/list"
	"portal/internal/problem"
	"portal/web/form"
)

func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var spec = list.Spec{Sorts: map[string]string{"name": "name"}, Default: "name", Filters: []string{"name", "status"}}

func query(t *testing.T, address string) list.Query {
	t.Helper()
	v, err := url.ParseQuery(address)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Parse(v)
}

func TestPageNumbersAroundTheCurrentOne(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		current, last int
		want          []int
	}{
		{1, 1, []int{1}},
		{3, 7, []int{1, 2, 3, 4, 5, 6, 7}},
		{1, 20, []int{1, 2, 0, 20}},
		{9, 20, []int{1, 0, 8, 9, 10, 0, 20}},
		{20, 20, []int{1, 0, 19, 20}},
	} {
		if got := window(tc.current, tc.last); !slices.Equal(got, tc.want) {
			t.Errorf("page %d of %d: %v, want %v", tc.current, tc.last, got, tc.want)
		}
	}
}

func TestFiltersKeepSortAndSizeButNotThePage(t *testing.T) {
	t.Parallel()
	fields := []FilterField{{Name: "name"}, {Name: "status", Options: []Option{{Value: "on", Text: "Active"}}}}
	q := query(t, "name=a%26b&status=on&sort=-name&size=50&page=3")
	if diff := cmp.Diff([]Hidden2{{"sort", "-name"}, {"size", "50"}}, kept(q, fields)); diff != "" {
		t.Error(diff)
	}
	chips := chosenFilters("/xs", q, fields)
	want := []chosen{
		{Name: "name", Value: "a&b", Href: "/xs?size=50&sort=-name&status=on"},
		{Name: "status", Value: "Active", Href: "/xs?name=a%26b&size=50&sort=-name"},
	}
	if diff := cmp.Diff(want, chips); diff != "" {
		t.Error(diff)
	}
}

func TestTitleSaysErrorFirst(t *testing.T) {
	t.Parallel()
	var f problem.Fields
	f.Add("name", "problem.required")
	errs, _ := form.Translate(t.Context(), f.Err())
	if got := title(t.Context(), Meta{Title: "New group", Errors: errs}); !strings.HasPrefix(got, "Error: New group") {
		t.Errorf("title %q", got)
	}
}

// What people typed comes back as text, whatever they typed, and a text area keeps its first empty line.
func TestFieldsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	typed := "\n</textarea><script>alert(1)</script>"
	for name, got := range map[string]string{
		"area":   html(t, TextArea(Field{Name: "x", Value: typed})),
		"editor": html(t, Editor(Field{Name: "x", Value: typed}, nil)),
	} {
		if !strings.Contains(got, ">\n\n&lt;/textarea&gt;&lt;script&gt;") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := html(t, Password(Field{Name: "p", Value: "secret"})); strings.Contains(got, "secret") {
		t.Error("the password is sent back to the browser")
	}
	if got := html(t, ButtonLink(Link{Href: "javascript:alert(1)", Text: "x"})); strings.Contains(got, "javascript:") {
		t.Errorf("a link can run code: %s", got)
	}
}

func TestErrorIsTiedToItsField(t *testing.T) {
	t.Parallel()
	got := html(t, Input(Field{Name: "x", Label: "X", Hint: "h", Error: "Enter a value."}))
	for _, part := range []string{`id="field-x"`, `aria-describedby="hint-x error-x"`, `aria-invalid="true"`, `id="error-x"`, `for="field-x"`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is missing in %s", part, got)
		}
	}
}

func TestSelectChoosesNothingForAnybody(t *testing.T) {
	t.Parallel()
	options := []Option{{Value: "a", Text: "A"}}
	if got := html(t, Select(Field{Name: "x"}, options)); !strings.Contains(got, `<option value="">`) {
		t.Errorf("no empty choice: %s", got)
	}
	options[0].Selected = true
	if got := html(t, Select(Field{Name: "x"}, options)); strings.Contains(got, `<option value="">`) {
		t.Errorf("an empty choice beside a chosen one: %s", got)
	}
}

func TestFindingsSayTheirLevelAndMayOfferAFix(t *testing.T) {
	t.Parallel()
	all := []Finding{
		{Line: 2, Column: 3, Length: 4, Code: "AP-312", Text: "Write it.", Level: "risk", LevelText: "Risk", FixName: "AP-312@7", FixText: "Encrypt it"},
		{Line: 4, Column: 1, Text: "Think of it.", Level: "hint", LevelText: "Hint", FixText: "Remove it"},
		{Text: "Mend it."},
	}
	got := html(t, Findings(all, "document"))
	for _, want := range []string{
		`<li class="warn">`, `<b class="level">Risk</b> Write it. <bdi dir="ltr" class="code">AP-312</bdi>`, `data-length="4"`, `name="fix" value="AP-312@7">Encrypt it`,
		`<li class="info">`, `<b class="level">Hint</b> Think of it.`, `<li class="bad">`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if n := strings.Count(got, "<button"); n != 1 {
		t.Errorf("%d buttons: a fix without a form around it is none", n)
	}
}
