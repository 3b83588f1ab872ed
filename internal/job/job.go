// Package job runs background work again and again until the process ends. It
// knows no work; each piece must be safe on several replicas by itself.
package job

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Job is one piece of work.
type Job struct {
	Name  string
	Every time.Duration
	Run   func(ctx context.Context) error
}

// Loop runs all jobs until ctx ends, and returns when the last one has stopped.
// A job that fails or panics is logged and runs again at its next time.
func Loop(ctx context.Context, jobs []Job) {
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() { j.loop(ctx) })
	}
	wg.Wait()
}

func (j Job) loop(ctx context.Context) {
	for {
		if err := j.once(ctx); err != nil && !errors.Is(err, context.Canceled) {
			slog.ErrorContext(ctx, "job failed", "job", j.Name, "error", err.Error())
		}
		// Up to a tenth more, so that replicas which start together do not work in step.
		var chance [1]byte
		_, _ = rand.Read(chance[:]) // never fails
		pause := j.Every + j.Every*time.Duration(chance[0])/2560
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (j Job) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return j.Run(ctx)
}
