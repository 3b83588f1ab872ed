package password

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"portal/internal/problem"
)

// Limits of the hashing queue (security.md PWD-4).
const (
	maxWaiting = 64
	maxWait    = 3 * time.Second
	retryAfter = 2 * time.Second
)

// Gate lets only so many hashes run at once. Each needs a core for some 50 ms
// and 19 MiB of memory; without a gate a few dozen sign-ins at once would stop
// every other page. One process has one Gate.
type Gate struct {
	slots   chan struct{}
	waiting atomic.Int64
}

// NewGate makes a Gate as wide as Go uses cores.
func NewGate() *Gate { return newGate(runtime.GOMAXPROCS(0)) }

func newGate(width int) *Gate { return &Gate{slots: make(chan struct{}, width)} }

// Do runs f when there is room. It waits at most 3 seconds, behind at most 64
// others; then, without running f, the error is *problem.BusyError. When ctx
// ends first, the error is ctx's. Call it before taking a database connection:
// whoever waits here must not keep others from working (security.md PWD-4).
func (g *Gate) Do(ctx context.Context, f func()) error {
	if err := g.enter(ctx); err != nil {
		return err
	}
	defer func() { <-g.slots }()
	f()
	return nil
}

func (g *Gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > maxWaiting {
		return &problem.BusyError{RetryAfter: retryAfter}
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &problem.BusyError{RetryAfter: retryAfter}
	}
}
