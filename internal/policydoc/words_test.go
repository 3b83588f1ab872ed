package policydoc

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var languages = []string{"en", "fr", "ar"}

// messages reads the words of a language; of a plural all forms in one string.
func messages(t *testing.T, lang string) map[string]string {
	t.Helper()
	all := make(map[string]any)
	for _, area := range []string{"policydoc", "policydoc_finding"} {
		raw, err := os.ReadFile("../../web/i18n/messages/" + area + "." + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
	}
	out := make(map[string]string)
	for key, m := range all {
		switch m := m.(type) {
		case string:
			out[key] = m
		case map[string]any:
			for _, form := range m {
				out[key] += form.(string) + "\n"
			}
		}
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func placeholders(s string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// wanted are all keys that the package may hand out, with the arguments that it
// hands out with them.
func wanted() map[string][]string {
	out := map[string][]string{
		"policydoc.path.document": nil, "policydoc.path.entry": {"Number"},
	}
	for _, r := range catalogue {
		out["policydoc.finding."+r.key] = slices.Sorted(slices.Values(r.args))
	}
	for key, args := range fixArgs {
		out["policydoc.fix."+key] = slices.Sorted(slices.Values(args))
	}
	for key := range pathKeys {
		out["policydoc.path."+key] = nil
	}
	for _, l := range Levels() {
		out[l.Key()] = nil
	}
	for _, f := range Families() {
		out[f.Key()] = nil
	}
	for _, s := range Sensitivities() {
		out[s.Key()] = nil
	}
	for _, c := range []Class{Widens, Narrows, Neutral} {
		out[c.Key()] = nil
	}
	for _, name := range tokenTypeNames {
		key, _ := TokenTypeKey(name)
		out[key], out[key+".help"] = nil, nil
	}
	for _, name := range shareTypeNames {
		key, _ := ShareTypeKey(name)
		out[key] = nil
	}
	for _, name := range encryptionNames {
		key, _ := EncryptionKey(name)
		out[key] = nil
	}
	for _, k := range Kinds() {
		for _, s := range Samples(k) {
			out[s.TitleKey], out[s.DescriptionKey] = nil, nil
		}
	}
	return out
}

func TestEveryKeyHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	want := wanted()
	for _, lang := range languages {
		got := messages(t, lang)
		for key, args := range want {
			words, ok := got[key]
			if !ok || strings.TrimSpace(words) == "" {
				t.Errorf("%s: no words for %s", lang, key)
				continue
			}
			if diff := cmp.Diff(args, placeholders(words)); diff != "" {
				t.Errorf("%s: %s (-handed out +used)\n%s", lang, key, diff)
			}
			if strings.HasPrefix(key, "policydoc.finding.") && !strings.HasSuffix(strings.TrimSpace(words), ".") {
				t.Errorf("%s: %s is not a sentence", lang, key)
			}
		}
		for key := range got {
			if _, ok := want[key]; !ok {
				t.Errorf("%s: nobody uses %s", lang, key)
			}
		}
	}
}

// In Arabic, brackets and Latin letters turn around unless they are set apart.
func TestArabicSetsCodeApart(t *testing.T) {
	t.Parallel()
	apart := regexp.MustCompile("\u2066[^\u2066\u2069]*\u2069")
	number := regexp.MustCompile(`\{\{\.(Line|Max|Count|Most|Number|Date)\}\}`)
	for key, words := range messages(t, "ar") {
		rest := number.ReplaceAllString(apart.ReplaceAllString(words, ""), "")
		if strings.ContainsAny(rest, "{}[]\"\u2066\u2069") || regexp.MustCompile("[A-Za-z]").MatchString(rest) {
			t.Errorf("%s: %q", key, rest)
		}
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	codeForm := regexp.MustCompile(`^(JS-0\d\d|[1-4]\d\d)$`)
	levels := map[byte][]Level{'J': {Error}, '1': {Error}, '2': {Warning, Hint}, '3': {Risk, Warning}, '4': {Hint}}
	keys := make(map[string]bool)
	for id, r := range catalogue {
		if !codeForm.MatchString(r.code) || r.key == "" || r.level == "" {
			t.Errorf("rule %d: %+v", id, r)
		}
		if keys[r.key] {
			t.Errorf("%s is there twice", r.key)
		}
		keys[r.key] = true
		if !slices.Contains(levels[r.code[0]], r.level) {
			t.Errorf("%s is of level %s", r.code, r.level)
		}
	}
}

// parts are a shape and all that is inside it.
func parts(s *shape) []*shape {
	out := []*shape{s}
	for _, p := range s.props {
		out = append(out, parts(p.shape)...)
	}
	if s.items != nil {
		out = append(out, parts(s.items)...)
	}
	return out
}

// Every key of the schemas has a word for its path, and nothing else has one.
func TestEveryKeyOfTheSchemasHasAWord(t *testing.T) {
	t.Parallel()
	got := make(map[string]bool)
	for _, k := range Kinds() {
		for _, part := range parts(compiledSchemas[k]().shape) {
			for _, p := range part.props {
				got[p.key] = true
			}
			if part.kind == objectNode && part.schema.AdditionalProperties != false {
				t.Errorf("%s takes unknown keys", part.schema.Location)
			}
		}
	}
	if diff := cmp.Diff(pathKeys, got); diff != "" {
		t.Errorf("(-words +schemas)\n%s", diff)
	}
}

func TestPathWords(t *testing.T) {
	t.Parallel()
	got := PathWords([]Step{{Key: "allowedAuthTypes"}, {Index: 2, Item: true}, {Key: "colour"}})
	want := []Word{
		{Key: "policydoc.path.allowedAuthTypes", Raw: "allowedAuthTypes"},
		{Key: "policydoc.path.entry", Args: []any{"Number", 3}, Raw: "2"},
		{Raw: "colour"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := PathWords(nil); len(got) != 1 || got[0].Key != "policydoc.path.document" {
		t.Error(got)
	}
	f := Finding{Path: []Step{{Key: "a/b~c"}, {Index: 0, Item: true}, {Key: ""}}}
	if got := f.Pointer(); got != "/a~1b~0c/0/" {
		t.Error(got)
	}
}
