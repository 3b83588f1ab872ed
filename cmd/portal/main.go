// Command portal is the partner management portal: one binary over PostgreSQL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones for --timezone also where the system has none
)

// version is set by the build.
var version = "dev"

// command is one word after "portal".
type command struct {
	name string
	help string
	run  func(ctx context.Context, c call) error
}

// call is how a command was called.
type call struct {
	name   string
	args   []string
	getenv func(string) string
	out    io.Writer // results
	log    io.Writer // everything else
}

func commands() []command {
	return []command{
		{"serve", "answer requests; the database must be migrated", serve},
		{"migrate", "bring the database to this version's schema", migrate},
		{"dev", "develop: private database, demonstration data, mailbox at /dev/mail", dev},
		{"admin create", "make a staff account and print a one-time link to set its password", adminCreate},
		{"audit verify", "recompute the audit log, of the database or an export, against signed heads; ends with 1 at the first row that is wrong", auditVerify},
		{"audit export", "write the whole audit log to FILE (or -) so that others can recompute it; the log tells of it", auditExport},
		{"audit key", "print the public key by which signed heads are checked", auditKey},
		{"policy lint", "check policy documents in files or folders; ends with 1 if one has an error", policyLint},
		{"policy import", "make inactive policies of files or folders: --group NAME --as EMAIL DIR|FILE…; all or none", policyImport},
		{"routes", "print every address with its access, and the role matrix", routes},
		{"healthcheck", "ask the running portal at --addr whether it is ready; for containers", healthcheck},
		{"version", "print the version", func(_ context.Context, c call) error {
			_, err := fmt.Fprintln(c.out, version)
			return err
		}},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// run finds the command and returns the exit status: 0 fine, 1 it failed, 2
// called wrongly.
func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) int {
	for _, cmd := range commands() {
		rest, ok := after(args, cmd.name)
		if !ok {
			continue
		}
		err := cmd.run(ctx, call{name: "portal " + cmd.name, args: rest, getenv: getenv, out: out, log: log})
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		default:
			_, _ = fmt.Fprintf(log, "portal %s: %v\n", cmd.name, err)
			return 1
		}
	}
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "--help") {
		usage(out)
		return 0
	}
	usage(log)
	return 2
}

// after returns the arguments behind a command's words.
func after(args []string, name string) ([]string, bool) {
	for word := range fields(name) {
		if len(args) == 0 || args[0] != word {
			return nil, false
		}
		args = args[1:]
	}
	return args, true
}

func usage(w io.Writer) {
	_, _ = fmt.Fprint(w, "The partner management portal.\n\nUsage: portal COMMAND [flags]; portal COMMAND -h lists the flags.\n\n")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-14s %s\n", c.name, c.help)
	}
	_, _ = fmt.Fprint(w, "\nEvery flag can be set by a variable: --public-url is PORTAL_PUBLIC_URL; secrets also\nfrom a file named by PORTAL_…_FILE.\n")
}
