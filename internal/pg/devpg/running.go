package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// pause is the time between two looks at something that starts or ends.
const pause = 50 * time.Millisecond

// running finds a server that somebody else runs here; nil when there is none.
// One that is just ending gets a moment. After a power cut the process of
// postmaster.pid may be a stranger with the same number; so when nothing answers
// for that long, postgres itself decides whether the directory is free.
func (c *cluster) running(ctx context.Context) *Server {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		pid, socket := readPid(c.data)
		if pid == 0 || !alive(pid) {
			return nil
		}
		if socket != "" && c.answers(ctx, socket) == nil {
			return &Server{dir: c.data, socket: socket}
		}
		if sleep(ctx) != nil {
			return nil
		}
	}
}

// readPid reads postmaster.pid: the process on line 1, the socket's directory
// on line 5. A file that is not there, or half written, gives zero values.
func readPid(data string) (pid int, socket string) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(text), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || len(lines) < 6 {
		return pid, ""
	}
	return pid, lines[4]
}

// alive tells whether a process exists; one of another account does too.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// await waits for the first answer of a server that we started.
func (c *cluster) await(ctx context.Context, s *Server) error {
	for {
		err := c.answers(ctx, s.socket)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.done:
			return errors.New("the server ended at once; its log says why")
		default:
		}
		if sleep(ctx) != nil {
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// answers checks that the server behind a socket runs our data directory.
func (c *cluster) answers(ctx context.Context, socket string) error {
	conn, err := pgx.Connect(ctx, socketURL(socket, Database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is pending on it
	var dir string
	if err := conn.QueryRow(ctx, "select current_setting('data_directory')").Scan(&dir); err != nil {
		return err
	}
	ours, err := os.Stat(c.data)
	if err != nil {
		return err
	}
	theirs, err := os.Stat(dir)
	if err != nil || !os.SameFile(ours, theirs) {
		return fmt.Errorf("%s belongs to a server on %s", socket, dir)
	}
	return nil
}

// sleep waits for a short while, or for the end of ctx.
func sleep(ctx context.Context) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// lockFile takes an exclusive lock on path, which it makes; the kernel releases
// it when this process ends, however it ends.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		if err := sleep(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
	}
}
