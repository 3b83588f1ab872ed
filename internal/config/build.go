package config

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portal/internal/email"
	"portal/internal/secret"
)

// build turns texts into a Config, and lists all that cannot be.
func build(get func(flag string) string) (Config, error) {
	var problems []error
	wrong := func(flag, why string) {
		problems = append(problems, fmt.Errorf("--%s (%s): %s", flag, env(flag), why))
	}
	c := Config{
		Addr: get("addr"), MetricsAddr: get("metrics-addr"), DatabaseURL: secret.NewText(get("database-url")),
		SecretKey: secret.NewText(get("secret-key")), TermsVersion: get("terms-version"), LogFormat: get("log-format"),
		DataDir: get("data-dir"), AuditHeads: get("audit-heads"), Zone: time.UTC,
	}
	c.Mail = Mail{
		Host: get("smtp-host"), Username: get("smtp-username"), Password: secret.NewText(get("smtp-password")),
		Security: get("smtp-security"), From: get("mail-from"),
	}

	if s := get("public-url"); s != "" {
		u, err := url.Parse(s)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			wrong("public-url", "needs the form https://host, without a path")
		} else {
			c.PublicURL = &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
		}
	}
	switch c.FourEyes = get("four-eyes"); c.FourEyes {
	case "always", "risk", "off":
	default:
		wrong("four-eyes", "is always, risk or off")
	}
	switch c.SecondFactor = get("second-factor"); c.SecondFactor {
	case "", "required", "optional":
	default:
		wrong("second-factor", "is required or optional")
	}
	if n, err := strconv.Atoi(get("min-certificate-days")); err != nil || n < 0 || n > 3650 {
		wrong("min-certificate-days", "is a number of days from 0 to 3650")
	} else {
		c.MinCertDays = n
	}
	if n, err := strconv.Atoi(get("max-devices")); err != nil || n < 1 || n > 20_000 {
		wrong("max-devices", "is a number from 1 to 20000")
	} else {
		c.MaxDevices = n
	}
	switch s := get("webhook-private"); s {
	case "on", "off":
		c.WebhookPrivate = s == "on"
	default:
		wrong("webhook-private", "is on or off")
	}
	switch s := get("public-list"); s {
	case "on", "off":
		c.PublicList = s == "on"
	default:
		wrong("public-list", "is on or off")
	}
	if zone, err := time.LoadLocation(get("timezone")); err != nil {
		wrong("timezone", "is no known time zone")
	} else {
		c.Zone = zone
	}
	for part := range strings.SplitSeq(get("trusted-proxies"), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if p, err := netip.ParsePrefix(part); err != nil {
			wrong("trusted-proxies", fmt.Sprintf("%q is no network such as 10.0.0.0/8", part))
		} else {
			c.TrustedProxies = append(c.TrustedProxies, p)
		}
	}
	if port, err := strconv.Atoi(get("smtp-port")); err != nil || port < 1 || port > 65535 {
		wrong("smtp-port", "is a number from 1 to 65535")
	} else {
		c.Mail.Port = port
	}
	if s := c.Mail.Security; s != "starttls" && s != "tls" && s != "none" {
		wrong("smtp-security", "is starttls, tls or none")
	}
	if _, err := mail.ParseAddress(c.Mail.From); err != nil {
		wrong("mail-from", "needs the form Name <address@example.org>")
	}
	if c.Contact = get("contact"); c.Contact != "" {
		if _, err := email.Parse(c.Contact); err != nil {
			wrong("contact", "is no e-mail address")
		}
	}
	if c.AuditMail = get("audit-mail"); c.AuditMail != "" {
		if _, err := email.Parse(c.AuditMail); err != nil {
			wrong("audit-mail", "is no e-mail address")
		}
	}
	if f := c.LogFormat; f != "json" && f != "text" {
		wrong("log-format", "is json or text")
	}
	if err := c.LogLevel.UnmarshalText([]byte(get("log-level"))); err != nil {
		wrong("log-level", "is debug, info, warn or error")
	}
	if c.TermsVersion == "" || len(c.TermsVersion) > 32 {
		wrong("terms-version", "needs 1 to 32 characters")
	}
	return c, errors.Join(problems...)
}

// Require reports, all at once, what a command needs and the configuration
// lacks. names are flags.
func (c Config) Require(names ...string) error {
	var problems []error
	for _, name := range names {
		missing := false
		switch name {
		case "public-url":
			missing = c.PublicURL == nil
		case "database-url":
			missing = c.DatabaseURL.Reveal() == ""
		case "secret-key":
			if _, err := c.Keys(); err != nil {
				problems = append(problems, fmt.Errorf("--secret-key (%s): %w", env(name), err))
			}
		}
		if missing {
			problems = append(problems, fmt.Errorf("--%s (%s): is needed and not set", name, env(name)))
		}
	}
	return errors.Join(problems...)
}

// Keys are the keys of this installation. The setting is base64 or hex of at
// least 32 bytes; secret.NewKeys refuses weak ones.
func (c Config) Keys() (secret.Keys, error) {
	text := c.SecretKey.Reveal()
	if text == "" {
		return secret.Keys{}, errors.New("is needed and not set; make one with: openssl rand -base64 32")
	}
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) >= secret.MinMaster {
			return secret.NewKeys(b)
		}
	}
	return secret.Keys{}, errors.New("is no base64 or hex text of at least 32 bytes; make one with: openssl rand -base64 32")
}

// NeedsSecondFactor reports whether staff need a second factor, and whoever makes a
// partner's API key.
func (c Config) NeedsSecondFactor() bool { return c.SecondFactor != "optional" }

// Secure reports whether browsers reach the portal by https.
func (c Config) Secure() bool { return c.PublicURL != nil && c.PublicURL.Scheme == "https" }

// Origin is the scheme and host by which browsers reach the portal.
func (c Config) Origin() string {
	if c.PublicURL == nil {
		return ""
	}
	return c.PublicURL.Scheme + "://" + c.PublicURL.Host
}

// LogValue shows the settings without secrets.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("addr", c.Addr), slog.String("public_url", c.Origin()),
		slog.String("four_eyes", c.FourEyes), slog.Bool("second_factor", c.NeedsSecondFactor()), slog.String("smtp_host", c.Mail.Host), slog.String("timezone", c.Zone.String()))
}
