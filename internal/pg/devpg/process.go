package devpg

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// process is a running postgres that this process started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// launch starts a prepared command. The kernel binds the parent-death signal to
// the thread that forked, not to the process; so one goroutine keeps its thread
// from the start of the server to its end.
func launch(cmd *exec.Cmd) (*process, error) {
	pr := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(pr.done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
		}
	}()
	return pr, <-started
}

// stop asks harder and harder: fast shutdown, immediate shutdown, the axe.
func (pr *process) stop() {
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 15 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}}
	for _, s := range steps {
		_ = pr.cmd.Process.Signal(s.signal) // an ended process is what we want
		timer := time.NewTimer(s.wait)
		select {
		case <-pr.done:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// environment is ours without PG*, which would change what the programs do, and
// with the C locale, so that no locale package is needed.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			env = append(env, kv)
		}
	}
	return append(env, "LC_ALL=C")
}
