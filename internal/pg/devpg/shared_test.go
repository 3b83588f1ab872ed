package devpg

import (
	"os"
	"path/filepath"
	"testing"
)

// newTestPool is a meeting place of its own, away from the server that the
// other tests use, with a watcher that does not linger.
func newTestPool(t *testing.T) *pool {
	t.Helper()
	p, err := newPool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.base, p.linger = sharedDir(t), 0
	if err := os.Chmod(p.base, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return p
}

func join(t *testing.T, p *pool) (url string, users *os.File) {
	t.Helper()
	url, users, err := p.join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	return url, users
}

func (p *pool) dirs(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.base, p.name+"-pg*"))
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func TestSharedServerEndsWithItsLastUser(t *testing.T) {
	t.Parallel()
	p := newTestPool(t)
	url, first := join(t, p)
	again, second := join(t, p)
	if url != again {
		t.Fatalf("two servers: %s and %s", url, again)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, url, "select current_setting('max_connections')"); got != "300" {
		t.Errorf("max_connections is %s", got)
	}
	dir := p.dirs(t)[0]
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "server and data are gone", func() bool { return missing(dir) })
}

func TestSharedServerServesToTheEndWhenAskedToGo(t *testing.T) {
	t.Parallel()
	p := newTestPool(t)
	url, users := join(t, p)
	dir := p.dirs(t)[0]
	if err := os.Remove(doorIn(dir)); err != nil {
		t.Fatal(err)
	}
	other, _ := join(t, p)
	if other == url {
		t.Fatal("a newcomer got a server that is about to end")
	}
	if got := query(t, url, "select 'served'::text"); got != "served" {
		t.Error(got)
	}
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "server and data are gone", func() bool { return missing(dir) })
}

func TestSharedClearsAwayWhatHasNoWatcher(t *testing.T) {
	t.Parallel()
	p := newTestPool(t)
	_, users := join(t, p)
	dir := p.dirs(t)[0]
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "server and data are gone", func() bool { return missing(dir) })
	if err := p.account.mkdir(dir); err != nil { // what an interrupted start leaves
		t.Fatal(err)
	}
	join(t, p)
	if !missing(dir) {
		t.Errorf("%s is still there", dir)
	}
}

func TestSharedAnswersTwiceTheSame(t *testing.T) {
	t.Parallel()
	a, err := Shared(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := Shared(t.Context())
	if err != nil || a != b {
		t.Errorf("%s, then %s, %v", a, b, err)
	}
}
