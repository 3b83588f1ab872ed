// Package config reads how one installation is set up: flags, else PORTAL_*
// variables, else defaults; secrets also from files. It reports everything
// that is wrong at once. It opens nothing.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"portal/internal/secret"
)

// Config is one installation's settings.
type Config struct {
	Addr           string
	MetricsAddr    string
	PublicURL      *url.URL
	DatabaseURL    secret.Text
	SecretKey      secret.Text
	FourEyes       string // always, risk or off
	SecondFactor   string // required or optional, of staff; "": what the command takes for granted
	MinCertDays    int    // that a certificate must still be valid when it is sent
	MaxDevices     int    // that have not ended, of one provider
	Zone           *time.Location
	TrustedProxies []netip.Prefix
	TermsVersion   string
	Contact        string // e-mail address that partners may write to; ""
	LogFormat      string
	LogLevel       slog.Level
	DataDir        string
	WebhookPrivate bool   // webhooks may lead to this installation's own networks
	PublicList     bool   // anybody may see which devices and chips are approved
	AuditHeads     string // file that signed heads of the audit log are appended to; ""
	AuditMail      string // who gets one of them a day; "": who may read the audit log
	Mail           Mail
}

// Mail is how mails leave the portal.
type Mail struct {
	Host     string
	Port     int
	Username string
	Password secret.Text
	Security string // "starttls", "tls" or "none"
	From     string
}

// Option describes one setting, for the help text and the README's table.
type Option struct {
	Flag, Env, Default, Help string
	Secret                   bool
}

// Env is the variable that sets a flag: --public-url is PORTAL_PUBLIC_URL.
func env(flag string) string {
	return "PORTAL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Options are all settings in the order of the help text.
func Options() []Option {
	list := []Option{
		{Flag: "addr", Default: "127.0.0.1:8080", Help: "address to listen on"},
		{Flag: "public-url", Default: "", Help: "how browsers reach the portal, such as https://partners.example.org; links in mails begin with it"},
		{Flag: "database-url", Default: "", Secret: true, Help: "PostgreSQL address; may name several hosts (DATABASE_URL is read as well)"},
		{Flag: "secret-key", Default: "", Secret: true, Help: "at least 32 random bytes, base64 or hex; codes, form tokens, receipts, the signature of the audit log and the password pepper derive from it"},
		{Flag: "smtp-host", Default: "", Help: "mail server; empty: mails wait in the outbox (in development they stand at /dev/mail)"},
		{Flag: "smtp-port", Default: "587", Help: "port of the mail server"},
		{Flag: "smtp-username", Default: "", Help: "user name at the mail server; empty: no sign-in"},
		{Flag: "smtp-password", Default: "", Secret: true, Help: "password at the mail server"},
		{Flag: "smtp-security", Default: "starttls", Help: "starttls, tls or none"},
		{Flag: "mail-from", Default: "Partner Portal <portal@localhost>", Help: "sender of the mails"},
		{Flag: "four-eyes", Default: "always", Help: "when a second person must activate a policy: always; risk: not for changes that only narrow or are neutral; off: never, and every page says so to staff. A new root of the trust store needs one unless it is off"},
		{Flag: "second-factor", Default: "", Help: "required: staff need an authenticator app, and so does whoever makes a partner's API key; optional: nobody does, and every page says so, in portal dev alone; empty: required, but optional in portal dev"},
		{Flag: "min-certificate-days", Default: "335", Help: "how many days a certificate must still be valid when it is sent, 0 to 3650"},
		{Flag: "max-devices", Default: "10000", Help: "how many devices of one provider may be that have not ended, 1 to 20000"},
		{Flag: "timezone", Default: "UTC", Help: "zone in which dates are shown, such as Africa/Casablanca"},
		{Flag: "trusted-proxies", Default: "", Help: "networks whose X-Forwarded-For is believed, such as 10.0.0.0/8,fd00::/8"},
		{Flag: "contact", Default: "", Help: "e-mail address that partners may write to, shown where only a person can help"},
		{Flag: "terms-version", Default: "2026-11", Help: "version of the terms of use that registrations agree to"},
		{Flag: "webhook-private", Default: "off", Help: "on: webhooks may lead to private networks and to this machine, for receivers that stand beside the portal; off: to public addresses only"},
		{Flag: "public-list", Default: "off", Help: "on: anybody may see which devices and FTM chips are approved, at /approved-devices and /approved-chips; off: there are no such pages"},
		{Flag: "audit-heads", Default: "", Help: "file that signed heads of the audit log are appended to, on a disk that the database's owner cannot write; empty: they stand in the log stream only (portal dev: audit-heads.jsonl in data-dir)"},
		{Flag: "audit-mail", Default: "", Help: "e-mail address that gets a signed head of the audit log every day; empty: the Partner Admins"},
		{Flag: "metrics-addr", Default: "127.0.0.1:9090", Help: "address for /metrics; empty: on the main address"},
		{Flag: "log-format", Default: "json", Help: "json or text"},
		{Flag: "log-level", Default: "info", Help: "debug, info, warn or error"},
		{Flag: "data-dir", Default: ".data", Help: "portal dev only: where the private database and key are kept"},
	}
	for i := range list {
		list[i].Env = env(list[i].Flag)
	}
	return list
}

// Load reads flags and environment. usage receives the help text on -h. The
// error lists every setting that is wrong. What a command needs beyond a right
// form (a database, a key) it asks for itself; see Require.
func Load(name string, args []string, getenv func(string) string, usage io.Writer) (Config, []string, error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(usage)
	values := map[string]*string{}
	var problems []error
	for _, o := range Options() {
		value, err := fallback(o, getenv)
		if err != nil {
			problems = append(problems, err)
		}
		help := o.Help + " (" + o.Env + ")"
		if o.Secret {
			values[o.Flag] = new(string)
			flags.StringVar(values[o.Flag], o.Flag, "", help)
			if value != "" {
				*values[o.Flag] = value
			}
			continue
		}
		values[o.Flag] = flags.String(o.Flag, value, help)
	}
	if err := flags.Parse(args); err != nil {
		return Config{}, nil, err
	}
	cfg, err := build(func(flag string) string { return *values[flag] })
	return cfg, flags.Args(), errors.Join(append(problems, err)...)
}

// fallback is a setting's value without its flag: the variable, the file that
// <variable>_FILE names, or the default.
func fallback(o Option, getenv func(string) string) (string, error) {
	if v := getenv(o.Env); v != "" {
		return v, nil
	}
	if o.Secret {
		if path := getenv(o.Env + "_FILE"); path != "" {
			b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
			if err != nil {
				return "", fmt.Errorf("%s_FILE: the file cannot be read: %w", o.Env, err)
			}
			return strings.TrimSpace(string(b)), nil
		}
	}
	if o.Flag == "database-url" {
		if v := getenv("DATABASE_URL"); v != "" {
			return v, nil
		}
	}
	return o.Default, nil
}
