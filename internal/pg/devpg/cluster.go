package devpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a server may take from start to the first answer; after
// a crash it replays its log first.
const patience = time.Minute

// cluster is a data directory with all that is needed to run it.
type cluster struct {
	programs Programs
	account  account
	data     string   // data directory
	durable  bool     // false: the careless settings
	extra    []string // further settings, name=value
	log      io.Writer
}

// open decides which programs, which account and which directory to use.
func open(ctx context.Context, o Options) (*cluster, error) {
	a, err := runAs()
	if err != nil {
		return nil, err
	}
	p, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := home(ctx, a, p, o)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "pg"+strconv.Itoa(p.Major))
	c := &cluster{programs: p, account: a, data: data, durable: o.Durable, log: o.Log}
	c.mentionOthers(dir)
	return c, nil
}

// common settings hold for every cluster of this package.
var common = []string{
	"listen_addresses=",
	"port=" + port,
	"unix_socket_permissions=0700",
	"timezone=UTC",
	"log_timezone=UTC",
}

// careless settings trade safety in a power cut for speed.
var careless = []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"}

// home makes o.Dir, or its replacement when the account cannot enter o.Dir.
func home(ctx context.Context, a account, p Programs, o Options) (string, error) {
	if o.Dir == "" {
		return "", errors.New("no data directory given")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if !a.drop || a.reaches(ctx, p, dir) {
		return dir, nil
	}
	other := fallback(dir)
	fmt.Fprintf(o.Log, "devpg: the server's account (uid %d) cannot enter %s; the data is in %s instead\n", a.uid, dir, other)
	return other, a.mkdir(other)
}

// mentionOthers tells a developer whose PostgreSQL was upgraded where the data
// of the version before is, since the new cluster starts empty.
func (c *cluster) mentionOthers(dir string) {
	if c.exists() {
		return
	}
	old, err := filepath.Glob(filepath.Join(dir, "pg[0-9][0-9]"))
	if err != nil {
		return
	}
	for _, o := range old {
		fmt.Fprintf(c.log, "devpg: data of another version remains in %s; version %d starts empty\n", o, c.programs.Major)
	}
}

func (c *cluster) exists() bool {
	_, err := os.Stat(filepath.Join(c.data, "PG_VERSION"))
	return err == nil
}

// start uses the server that runs on the data directory, or runs one. The
// caller holds the lock.
func (c *cluster) start(ctx context.Context) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s := c.running(ctx); s != nil {
		return s, nil
	}
	if !c.exists() {
		if err := c.initialise(ctx); err != nil {
			return nil, err
		}
	}
	s := &Server{dir: c.data, socket: socketDir(c.data)}
	if s.socket != c.data {
		if err := c.account.mkdir(s.socket); err != nil {
			return nil, err
		}
	}
	cmd := c.server(s.socket)
	dieWithParent(cmd.SysProcAttr)
	var err error
	if s.process, err = launch(cmd); err != nil {
		return nil, err
	}
	if err := c.await(ctx, s); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// server is the command that runs the cluster. It has no context: it outlives
// the one of Start.
func (c *cluster) server(socket string) *exec.Cmd {
	settings := slices.Concat(common, c.extra)
	if !c.durable {
		settings = append(settings, careless...)
	}
	args := []string{"-D", c.data, "-c", "unix_socket_directories=" + socket}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := exec.Command(c.programs.path("postgres"), args...) //nolint:noctx // see above
	cmd.Stdout, cmd.Stderr = c.log, c.log
	c.prepare(cmd, c.data)
	return cmd
}

// prepare sets who runs the command and where: PostgreSQL's programs must be
// able to enter their working directory. Their own process group keeps Ctrl-C
// away from them, so that the application drains first and then stops them.
func (c *cluster) prepare(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.account.apply(cmd.SysProcAttr)
}

// initialise makes the cluster beside its place and renames it when it is
// whole, so that an interrupted initdb never leaves a half cluster.
func (c *cluster) initialise(ctx context.Context) error {
	draft := c.data + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	if err := c.account.mkdir(draft); err != nil {
		return err
	}
	args := []string{"-D", draft, "-U", Database, "-A", "trust", "--locale=C", "--lc-ctype=" + ctype(), "-E", "UTF8", "--no-instructions"}
	if !c.durable {
		args = append(args, "--no-sync")
	}
	if err := c.run(ctx, draft, "", "initdb", args...); err != nil {
		return err
	}
	// A single-user server makes the database, so that a cluster that can be
	// connected to always has it.
	create := "create database " + Database + ";\n"
	if err := c.run(ctx, draft, create, "postgres", "--single", "-D", draft, "postgres"); err != nil {
		return err
	}
	return os.Rename(draft, c.data)
}

// ctype is a locale that every system of its kind has and that knows all
// letters: with plain C, a search for "é" would not find "É".
func ctype() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

// run runs one program to its end and adds what it said to the error.
func (c *cluster) run(ctx context.Context, dir, input, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, c.programs.path(name), args...)
	cmd.Stdin = strings.NewReader(input)
	c.prepare(cmd, dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(out))
	}
	return nil
}
