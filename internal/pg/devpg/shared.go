package devpg

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// linger is how many seconds the shared server waits for another test process
// before it ends; between two packages `go test` may have to compile.
const linger = 20

// forTests are the settings of the shared server: room for many small pools,
// and nothing that only a long-lived database needs.
var forTests = []string{
	"max_connections=300",
	"shared_buffers=128MB",
	"max_wal_size=256MB",
	"wal_level=minimal",
	"max_wal_senders=0",
	"autovacuum=off",
}

// shared is this process's part in the shared server. The open file is what
// keeps the server alive; the kernel closes it however the process ends.
var shared struct {
	sync.Mutex
	url   string
	users *os.File
}

// Shared returns the address of a throwaway server for tests: TEST_DATABASE_URL
// when it is set, else one that all test processes of this user share.
//
// The first process starts it, in memory where the system allows, and it ends by
// itself about 20 seconds after the last process that called Shared is gone.
// The address names the database Database, as an account that may create others.
// The error is a *NotFoundError when PostgreSQL is missing.
func Shared(ctx context.Context) (string, error) {
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		return url, nil
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.url != "" {
		return shared.url, nil
	}
	p, err := newPool(ctx)
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL for tests: %w", err)
	}
	shared.url, shared.users, err = p.join(ctx)
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL for tests: %w", err)
	}
	return shared.url, nil
}

// pool is the place where test processes meet.
type pool struct {
	programs Programs
	account  account
	base     string // existing directory that everybody may write to
	name     string // start of all names in base
	linger   int    // seconds
}

func newPool(ctx context.Context) (*pool, error) {
	a, err := runAs()
	if err != nil {
		return nil, err
	}
	programs, err := Find(ctx)
	if err != nil {
		return nil, err
	}
	p := &pool{programs: programs, account: a, name: "portal-test-" + strconv.Itoa(os.Geteuid()), linger: linger}
	for _, dir := range append(memoryDirs(), os.TempDir(), "/tmp", "/var/tmp") {
		if p.usable(ctx, dir) {
			p.base = dir
			return p, nil
		}
	}
	return nil, errors.New("no temporary directory can be used")
}

// usable tells whether we can make a directory in dir that the account enters.
func (p *pool) usable(ctx context.Context, dir string) bool {
	probe := filepath.Join(dir, p.name+"-"+rand.Text())
	defer func() { _ = os.Remove(probe) }() // it may not be there
	return p.account.mkdir(probe) == nil && p.account.reaches(ctx, p.programs, probe)
}

// join uses the running server or starts one. The server lives while the file
// is open.
func (p *pool) join(ctx context.Context) (url string, users *os.File, err error) {
	unlock, err := lockFile(ctx, filepath.Join(p.base, p.name+".lock"))
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	dirs, err := filepath.Glob(filepath.Join(p.base, fmt.Sprintf("%s-pg%d-*", p.name, p.programs.Major)))
	if err != nil {
		return "", nil, err
	}
	for _, dir := range dirs {
		if users := p.enter(ctx, dir); users != nil {
			return p.cluster(dir).url(), users, nil
		}
	}
	dir := filepath.Join(p.base, fmt.Sprintf("%s-pg%d-%s", p.name, p.programs.Major, rand.Text()[:8]))
	users, err = p.create(ctx, dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p.cluster(dir).url(), users, nil
}

func (p *pool) cluster(dir string) *cluster {
	return &cluster{
		programs: p.programs, account: p.account, data: filepath.Join(dir, "data"), extra: forTests,
	}
}

func (c *cluster) url() string { return socketURL(socketDir(c.data), Database) }

// doorIn is the named pipe in a server's directory. A process that uses the
// server holds it open for writing; the watcher reads it, so that the kernel
// tells it when the last one is gone. Removing it asks the watcher to end.
func doorIn(dir string) string { return filepath.Join(dir, "users") }

// enter takes part in the server of dir, or returns nil and tidies up when no
// server answers there.
func (p *pool) enter(ctx context.Context, dir string) *os.File {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || ownerOf(info) != p.account.uid {
		return nil // gone, or not one of ours
	}
	c := p.cluster(dir)
	users, err := openDoor(doorIn(dir))
	if err == nil {
		if c.answers(ctx, socketDir(c.data)) == nil {
			return users
		}
		_ = users.Close()
		_ = os.Remove(doorIn(dir)) // the watcher clears the rest away
		return nil
	}
	pid, _ := readPid(c.data)
	ending := errors.Is(err, fs.ErrNotExist) && pid != 0 && alive(pid)
	if !ending {
		// No watcher. A server that lost its own directory ends within a minute.
		_ = os.RemoveAll(dir)
	}
	return nil
}

// openDoor opens the pipe and leaves one byte in it, by which the watcher knows
// that somebody came. It fails with ENXIO when there is no watcher.
func openDoor(path string) (*os.File, error) {
	users, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if _, err := users.Write([]byte{'.'}); err != nil {
		return nil, errors.Join(err, users.Close())
	}
	return users, nil
}

// create makes a cluster in the new directory dir and starts it detached from
// this process, under a watcher that ends it.
func (p *pool) create(ctx context.Context, dir string) (users *os.File, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.account.mkdir(dir); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	c := p.cluster(dir)
	c.log = log
	if err := c.initialise(ctx); err != nil {
		return nil, err
	}
	s := &Server{dir: c.data, socket: socketDir(c.data)}
	if s.socket != c.data {
		if err := c.account.mkdir(s.socket); err != nil {
			return nil, err
		}
	}
	if s.process, users, err = p.watch(c, dir, s.socket); err != nil {
		return nil, err
	}
	if err := c.await(ctx, s); err != nil {
		return nil, errors.Join(err, users.Close())
	}
	return users, nil
}

// watcher starts the server and ends it when nobody uses it.
//
//go:embed watcher.sh
var watcher string

// watch starts the watcher, and enters.
func (p *pool) watch(c *cluster, dir, socket string) (*process, *os.File, error) {
	door := doorIn(dir)
	if err := syscall.Mkfifo(door, 0o600); err != nil {
		return nil, nil, err
	}
	// Without a reader the pipe cannot be opened for writing, and the other
	// way round; the first, non-blocking reader breaks the circle.
	first, err := os.OpenFile(door, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = first.Close() }()
	users, err := openDoor(door)
	if err != nil {
		return nil, nil, err
	}
	// The watcher's end must block, and os.OpenFile would make it non-blocking.
	fd, err := syscall.Open(door, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, errors.Join(err, users.Close())
	}
	reader := os.NewFile(uintptr(fd), door)
	defer func() { _ = reader.Close() }()

	server := c.server(socket)
	args := append([]string{"-c", watcher, "portal-test-watcher", dir, strconv.Itoa(p.linger)}, server.Args...)
	cmd := exec.Command("/bin/sh", args...) //nolint:noctx // it outlives this process
	c.prepare(cmd, dir)
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid = false, true // a session of its own: Ctrl-C ends only the tests
	cmd.Stdout, cmd.Stderr = server.Stdout, server.Stderr
	cmd.ExtraFiles = []*os.File{reader} // becomes file 3
	pr, err := launch(cmd)
	if err != nil {
		return nil, nil, errors.Join(err, users.Close())
	}
	return pr, users, nil
}
