package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"portal/internal/account"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/pg"
	"portal/web"
)

func migrate(ctx context.Context, c call) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	if err := cfg.Require("database-url"); err != nil {
		return err
	}
	names, err := pg.Migrate(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	for _, n := range names {
		_, _ = fmt.Fprintln(c.out, "ran", n)
	}
	if len(names) == 0 {
		_, _ = fmt.Fprintln(c.out, "the schema is up to date")
	}
	return nil
}

// adminCreate makes the first staff accounts: nobody can register as staff
// (security.md AUT-7).
func adminCreate(ctx context.Context, c call) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.log)
	email := flags.String("email", "", "the person's e-mail address")
	role := flags.String("role", "", "PARTNER_ADMIN or POLICYMANAGER")
	first := flags.String("first-name", "", "first name; the address's local part if empty")
	last := flags.String("last-name", "", "last name")
	lang := flags.String("lang", "en", "en, fr or ar")
	own, settings := split(flags, c.args)
	if err := flags.Parse(own); err != nil {
		return err
	}
	c.args = settings
	cfg, err := load(c)
	if err != nil {
		return err
	}
	if err := cfg.Require("public-url", "database-url", "secret-key"); err != nil {
		return err
	}
	if !slices.Contains(authz.StaffRoles, authz.Role(*role)) {
		return fmt.Errorf("--role is PARTNER_ADMIN or POLICYMANAGER, not %q", *role)
	}
	a, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	if *first == "" {
		*first, _, _ = strings.Cut(*email, "@")
	}
	token, err := a.Accounts.CreateFirst(ctx, account.FirstInput{Email: *email, FirstName: *first, LastName: *last, Lang: *lang, Role: authz.Role(*role)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "The account %s is made. Set its password within 72 hours; the link works once:\n\n  %s/reset?token=%s\n\n",
		*email, cfg.Origin(), url.QueryEscape(token))
	return err
}

// split separates a command's own flags from the settings.
func split(flags *flag.FlagSet, args []string) (own, settings []string) {
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		to := &settings
		if flags.Lookup(name) != nil || name == "h" || name == "help" {
			to = &own
		}
		*to = append(*to, args[i])
		if !joined && i+1 < len(args) && strings.HasPrefix(args[i], "-") {
			i++
			*to = append(*to, args[i])
		}
	}
	return own, settings
}

// routes needs no database: the table is data.
func routes(_ context.Context, c call) error {
	cfg, _, err := config.Load(c.name, c.args, c.getenv, c.log)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, r := range web.Table(cfg) {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.Method, r.Pattern, r.Rule())
	}
	_, _ = fmt.Fprintln(w)
	_, _ = fmt.Fprint(w, "PERMISSION")
	for _, role := range authz.Roles {
		_, _ = fmt.Fprintf(w, "\t%s", role)
	}
	_, _ = fmt.Fprintln(w)
	for _, p := range authz.Permissions() {
		_, _ = fmt.Fprint(w, p)
		for _, role := range authz.Roles {
			mark := "-"
			if slices.Contains(authz.Matrix[role], p) {
				mark = "yes"
			}
			_, _ = fmt.Fprintf(w, "\t%s", mark)
		}
		_, _ = fmt.Fprintln(w)
	}
	return w.Flush()
}

// healthcheck asks over loopback, for container engines that can only run a
// program.
func healthcheck(ctx context.Context, c call) error {
	cfg, err := load(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, port, _ := strings.Cut(cfg.Addr[strings.LastIndex(cfg.Addr, ":"):], ":")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: status %d", res.StatusCode)
	}
	return nil
}
