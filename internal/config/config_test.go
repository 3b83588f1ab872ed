package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(args []string, env map[string]string) (Config, error) {
	c, _, err := Load("portal", args, func(k string) string { return env[k] }, io.Discard)
	return c, err
}

func TestFlagBeatsVariableBeatsDefault(t *testing.T) {
	t.Parallel()
	c, err := load(nil, nil)
	if err != nil || c.Addr != "127.0.0.1:8080" || c.FourEyes != "always" {
		t.Errorf("defaults: %+v %v", c, err)
	}
	env := map[string]string{"PORTAL_ADDR": "127.0.0.1:1", "DATABASE_URL": "postgres:///a"}
	if c, _ = load(nil, env); c.Addr != "127.0.0.1:1" || c.DatabaseURL.Reveal() != "postgres:///a" {
		t.Errorf("variables: %+v", c)
	}
	if c, _ = load([]string{"--addr", "127.0.0.1:2", "--database-url", "postgres:///b"}, env); c.Addr != "127.0.0.1:2" || c.DatabaseURL.Reveal() != "postgres:///b" {
		t.Errorf("flags: %+v", c)
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load([]string{
		"--four-eyes", "maybe", "--second-factor", "perhaps", "--min-certificate-days", "x", "--max-devices", "0", "--smtp-port", "0", "--timezone", "Mars/Olympus", "--public-url", "ftp://x",
		"--trusted-proxies", "ten", "--smtp-security", "ssl", "--mail-from", "x", "--contact", "x", "--log-format", "xml", "--log-level", "loud",
		"--webhook-private", "yes",
	}, nil)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, flag := range []string{"four-eyes", "second-factor", "min-certificate-days", "max-devices", "smtp-port", "timezone", "public-url", "trusted-proxies", "smtp-security", "mail-from", "contact", "log-format", "log-level", "webhook-private"} {
		if !strings.Contains(err.Error(), "--"+flag+" ") {
			t.Errorf("%s is not named in: %v", flag, err)
		}
	}
}

func TestOPS9SecretsComeFromFilesAndStayHidden(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	const key = "7d1f0a8c5e92b3446f0d1c2b3a495867f1e2d3c4b5a697887766554433221100"
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(nil, map[string]string{"PORTAL_SECRET_KEY_FILE": path, "PORTAL_SMTP_PASSWORD": "canary-password"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Keys(); err != nil {
		t.Errorf("key from file: %v", err)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", c, c, c), c.LogValue().String()} {
		if strings.Contains(shown, key) || strings.Contains(shown, "canary-password") {
			t.Errorf("a secret shows in %s", shown)
		}
	}
}

func TestOPS9WeakKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "short", strings.Repeat("00", 32), "change-me-change-me-change-me-change-me"} {
		if c, err := load([]string{"--secret-key", key}, nil); err == nil {
			if err = c.Require("secret-key"); err == nil {
				t.Errorf("%q was accepted", key)
			}
		}
	}
}

func TestRequireNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	c, err := load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Require("public-url", "database-url", "secret-key")
	for _, name := range []string{"PORTAL_PUBLIC_URL", "PORTAL_DATABASE_URL", "PORTAL_SECRET_KEY"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

// TestReadmeListsEveryOption keeps the README's table true: with UPDATE_README
// set it writes the table instead.
func TestReadmeListsEveryOption(t *testing.T) {
	t.Parallel()
	const path = "../../README.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- options -->\n")
	got, after, ok2 := strings.Cut(rest, "<!-- end of options -->\n")
	if !ok || !ok2 {
		t.Fatal("the README has lost the marks around its table of options")
	}
	var want strings.Builder
	want.WriteString("\n| Flag | Variable | Default | Meaning |\n|---|---|---|---|\n")
	for _, o := range Options() {
		value := "–"
		if o.Default != "" {
			value = "`" + o.Default + "`"
		}
		help := o.Help
		if o.Secret {
			help += " (secret; also `" + o.Env + "_FILE`)"
		}
		fmt.Fprintf(&want, "| `--%s` | `%s` | %s | %s |\n", o.Flag, o.Env, value, help)
	}
	want.WriteString("\n")
	if got == want.String() {
		return
	}
	if os.Getenv("UPDATE_README") == "" {
		t.Fatal("the README's table of options is out of date: UPDATE_README=1 go test ./internal/config")
	}
	text := before + "<!-- options -->\n" + want.String() + "<!-- end of options -->\n" + after
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
