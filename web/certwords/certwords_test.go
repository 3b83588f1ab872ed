package certwords

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"portal/internal/certdoc"
	"portal/internal/certificate"
	"portal/web/i18n"
)

func TestCertificatesAreCalledByTheirName(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"CN=gateway,O=Acme":  "gateway",
		"O=Acme":             "Acme",
		`CN=Acme\, Inc.,O=x`: "Acme, Inc.",
		`O=A\+B+CN=two`:      "two",
		"C=MA":               "C=MA",
		"":                   "",
		`CN=ends with \`:     `ends with \`,
		"CN=,O=Acme":         "Acme",
		"SERIALNUMBER=CN\\=no,O=شركة الأمان": "شركة الأمان",
	} {
		if got := Name(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

func TestLastDaysInWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	ctx := i18n.WithLang(t.Context(), "en")
	for want, end := range map[string]time.Time{
		"2 days ago":  now.AddDate(0, 0, -2),
		"today":       now.Add(time.Hour),
		"in 1 day":    now.AddDate(0, 0, 1),
		"in 89 days":  now.AddDate(0, 0, 89),
		"in 3 months": now.AddDate(0, 0, 90),
		"in 2 years":  now.AddDate(0, 0, 731),
	} {
		if got := Ends(ctx, end, now); got != want {
			t.Errorf("%s: %q, want %q", end, got, want)
		}
	}
}

var keyText = regexp.MustCompile(`"((?:certificate|trust_store)\.[a-z_]+\.[a-z0-9_]+)"`)

// The rules name their messages; each has words in every language, and so have
// the states.
func TestEveryFindingHasWords(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, dir := range []string{"../../internal/certdoc", "../../internal/certificate"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(err)
		}
		for _, file := range files {
			if m, _ := filepath.Match("*_test.go", filepath.Base(file)); m {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range keyText.FindAllStringSubmatch(string(text), -1) {
				keys[m[1]] = true
			}
		}
	}
	if len(keys) < 80 {
		t.Fatalf("only %d keys were found: the search is broken", len(keys))
	}
	for _, s := range append([]certificate.State{certificate.None}, certificate.States...) {
		keys["certificate.state."+string(s)], keys["certificate.stands."+string(s)], keys["certificate.meaning."+string(s)] = true, true, true
	}
	for _, s := range certificate.CAStatuses.All() {
		keys["trust_store.status."+string(s)], keys["trust_store.standing."+string(s)], keys["trust_store.conflict."+string(s)] = true, true, true
	}
	for _, d := range certdoc.Domains {
		keys["certificate.domain."+d] = true
	}
	for _, l := range i18n.Languages {
		for key := range keys {
			if !i18n.Has(l.Code, key) {
				t.Errorf("%s has no words for %q", l.Code, key)
			}
		}
	}
}
