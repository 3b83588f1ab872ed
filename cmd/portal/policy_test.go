package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portal/internal/pg"
	"portal/internal/pg/pgtest"
)

// lint runs the command without any setting but the given ones.
func lint(t *testing.T, settings map[string]string, args ...string) (status int, out, log string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), append([]string{"policy", "lint"}, args...), func(key string) string { return settings[key] }, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

const (
	goodAuth = `{"authTokenType":"partner","allowedAuthTypes":[{"authType":"otp","mandatory":false}],"allowedKycAttributes":[]}`
	oddAuth  = `{"authTokenType":"partner","allowedAuthTypes":[{"authType":"kyc","mandatory":false}],
"allowedKycAttributes":[{"attributeName":"shoeSize"}]}`
	badShare = `{"dataSharePolicies":{"typeOfShare":"Data Share","validForInMinutes":30,"transactionsAllowed":"2",
"encryptionType":"Partner Based","shareDomain":"a","source":"Print"},
"shareableAttributes":[{"attributeName":"fullName","source":[{"attribute":"fullName"}],"encrypted":true}]}`
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLintPrintsFindingsWithTheirPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, odd, bad := write(t, dir, "a.json", goodAuth), write(t, dir, "b.json", oddAuth), write(t, dir, "c.json", badShare)
	write(t, dir, "d.txt", "not looked at")
	oddLine := odd + `:2:42+10: warning AP-206: “shoeSize” is not in the vocabulary of attributes. Check the spelling, or have a Partner Admin add it.` + "\n"
	badLine := bad + `:1:70+2: error DS-103: The number of “validForInMinutes” is written as text. Write "30" with quotes.` + "\n"
	for _, c := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{good}, 0, "1 document · 0 errors · 0 other findings\n"},
		{[]string{odd}, 0, oddLine + "1 document · 0 errors · 1 other finding\n"},
		{[]string{dir}, 1, oddLine + badLine + "3 documents · 1 error · 1 other finding\n"},
		{[]string{"--kind", "datashare", bad, good}, 1, badLine + good +
			`:1:2+15: error DS-110: “authTokenType” belongs to the other kind of policy. Create that kind instead, or start here from a sample.` + "\n2 documents · 2 errors · 0 other findings\n"},
	} {
		status, out, log := lint(t, nil, c.args...)
		if status != c.status || out != c.out || (log != "") != (status != 0) {
			t.Errorf("%v: %d\n%s%s", c.args, status, out, log)
		}
	}
}

func TestLintSpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	file := write(t, t.TempDir(), "a.json", oddAuth)
	for lang, want := range map[string]string{"fr": "ne figure pas au vocabulaire", "ar": "غير موجود في مفردات السمات"} {
		if status, out, _ := lint(t, nil, "--lang="+lang, file); status != 0 || !strings.Contains(out, "warning AP-206: ") || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", lang, status, out)
		}
	}
}

func TestLintRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, dir, "a.json", goodAuth)
	for name, args := range map[string][]string{
		"no file": nil, "missing": {filepath.Join(dir, "none.json")}, "empty folder": {t.TempDir()}, "other kind": {"--kind=misp", file},
		"other language": {"--lang=de", file}, "flags behind": {file, "--log-level=info"},
	} {
		if status, out, log := lint(t, nil, args...); status != 1 || out != "" || log == "" {
			t.Errorf("%s: %d %s %s", name, status, out, log)
		}
	}
	neither := write(t, dir, "b.json", "{}")
	if status, out, _ := lint(t, nil, neither); status != 1 || !strings.Contains(out, "error JS-100: Nothing in this document tells its kind. Name it with --kind") {
		t.Errorf("%d %s", status, out)
	}
	empty := write(t, dir, "d.json", " ")
	if status, out, _ := lint(t, nil, "--kind=auth", empty); status != 1 || !strings.Contains(out, "JS-001") || strings.Contains(out, "sample") {
		t.Errorf("%d %s", status, out)
	}
	long := write(t, dir, "c.json", strings.Repeat(" ", 300<<10))
	if status, out, _ := lint(t, nil, long); status != 1 || !strings.Contains(out, "JS-002") {
		t.Errorf("%d %s", status, out)
	}
}

func TestLintUsesTheVocabularyOfTheDeployment(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	db, err := pg.Open(t.Context(), address, pg.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	addTerm(t, db)
	file := write(t, t.TempDir(), "a.json", oddAuth)
	if status, out, log := lint(t, map[string]string{"PORTAL_DATABASE_URL": address}, file); status != 0 || !strings.Contains(out, "0 other findings") {
		t.Errorf("%d %s%s", status, out, log)
	}
}

// addTerm makes shoeSize a name of the deployment.
func addTerm(t *testing.T, db *pg.DB) {
	t.Helper()
	err := db.Housekeep(t.Context(), "test", func(tx *pg.Tx) error {
		return pg.Exec1(t.Context(), tx, `
			insert into vocabulary_terms (family, name, label_en, label_fr, label_ar, description_en, description_fr, description_ar, sensitivity, position)
			values ('attribute', 'shoeSize', 'Shoe size', 'Pointure', 'مقاس الحذاء', '', '', '', 'personal', 1000)`, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
