package devpg

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// sharedDir is a directory that the server's account can enter, unlike
// t.TempDir, which is private to us.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "devpg-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// query runs one statement on a new connection and returns its only value.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(values, " ")
}

// eventually polls until ok, at most half a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
		if err := sleep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return os.IsNotExist(err)
}

func TestStartReuseStopRestart(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	first := start(t, Options{Dir: dir, Durable: true, Log: t.Output()})
	if !first.Owned() {
		t.Fatal("the first start does not own the server")
	}
	url := first.URL(Database)
	query(t, url, "create table kept as select 'still here'::text as word")
	if got := query(t, url, "select current_setting('listen_addresses') || current_setting('fsync')"); got != "on" {
		t.Errorf("listen_addresses and fsync: %q, want no address and on", got)
	}

	second, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if second.Owned() || second.URL(Database) != url || second.Done() != nil {
		t.Errorf("the second start does not reuse the first's server: %+v", second)
	}
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "select word from kept"); got != "still here" {
		t.Errorf("after the second's stop: %q", got)
	}

	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	<-first.Done()
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the server answers after its stop")
	}
	third := start(t, Options{Dir: dir})
	if got := query(t, third.URL(Database), "select word from kept"); got != "still here" {
		t.Errorf("after a restart: %q", got)
	}
	if got := query(t, third.URL(Database), "select current_setting('fsync')"); got != "off" {
		t.Errorf("fsync without Durable: %q", got)
	}
}

func TestStartReplacesAnUnreachableDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data") // below a directory that only we can enter
	t.Cleanup(func() { _ = os.RemoveAll(fallback(dir)) })
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := start(t, Options{Dir: dir, Log: &log})
	if err := s.Stop(); err != nil { // the log is ours alone from here on
		t.Fatal(err)
	}
	want, told := dir, ""
	if os.Geteuid() == 0 {
		want, told = fallback(dir), "cannot enter "+dir+"; the data is in "+fallback(dir)
	}
	if filepath.Dir(s.Dir()) != want {
		t.Errorf("data in %s, want it in %s", s.Dir(), want)
	}
	if !strings.Contains(log.String(), told) {
		t.Errorf("the log does not say %q:\n%s", told, log.String())
	}
}

func TestStartShortensTheSocketPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(sharedDir(t), strings.Repeat("long", 25))
	s := start(t, Options{Dir: dir})
	t.Cleanup(func() { _ = os.RemoveAll(s.socket) })
	if len(s.socket) > 60 || query(t, s.URL(Database), "select 'yes'::text") != "yes" {
		t.Errorf("socket in %s", s.socket)
	}
}

func TestStartIgnoresWhatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	s := start(t, Options{Dir: dir})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	// Process 1 lives, but it is no server: as after a power cut.
	left := "1\n" + s.Dir() + "\n1700000000\n5432\n" + s.Dir() + "\n\n\n"
	pidFile := filepath.Join(s.Dir(), "postmaster.pid")
	if err := os.WriteFile(pidFile, []byte(left), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := runAs()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.own(pidFile); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(s.Dir()+".new/half", 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Log: t.Output()})
}

func TestDoneTellsOfAServerThatDied(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	s := start(t, Options{Dir: dir})
	if err := s.process.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	start(t, Options{Dir: dir, Log: t.Output()}) // recovers, and frees the dead server's shared memory
}

// helperDir makes the test program act as a launcher for the test below.
const helperDir = "DEVPG_TEST_LAUNCHER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		if _, err := Start(context.Background(), Options{Dir: dir, Log: os.Stderr}); err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString("ready\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // until we are killed
		return
	}
	m.Run()
}

func TestKilledLauncherTakesItsServerAlong(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	launcher := exec.CommandContext(t.Context(), os.Args[0])
	launcher.Env = append(os.Environ(), helperDir+"="+dir)
	launcher.Stderr = t.Output()
	if _, err := launcher.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := launcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the launcher says %q, %v", line, err)
	}
	_ = launcher.Process.Kill()
	_ = launcher.Wait() // ends as killed
	left, err := filepath.Glob(filepath.Join(dir, "pg*", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) == 0 {
		return // gone already
	}
	if !diesWithParent { // the next start takes the server over instead
		s := start(t, Options{Dir: dir})
		pid, _ := readPid(s.Dir())
		stopStray(t, pid)
		return
	}
	eventually(t, "the server has ended", func() bool { return missing(left[0]) })
}

func stopStray(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}
