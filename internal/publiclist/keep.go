package publiclist

import (
	"context"
	"sync"
	"time"

	"portal/internal/problem"
)

// keeper gives an answer again for Kept. It holds a bounded number of answers: when
// there are too many it forgets all of them, which costs one question each. A
// failure is not kept.
type keeper[T any] struct {
	now  func() time.Time
	gate chan struct{}
	most int // answers that it holds
	mu   sync.Mutex
	kept map[string]*keep[T]
}

// keep is one answer. Who asks while another one asks waits for what comes of it.
type keep[T any] struct {
	asking chan struct{} // holds one
	read   Read[T]
}

func newKeeper[T any](s *Service, most int) *keeper[T] {
	return &keeper[T]{now: s.db.Now, gate: s.gate, most: most, kept: map[string]*keep[T]{}}
}

func (k *keeper[T]) of(key string) *keep[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	one := k.kept[key]
	if one == nil {
		if len(k.kept) >= k.most {
			clear(k.kept)
		}
		one = &keep[T]{asking: make(chan struct{}, 1)}
		k.kept[key] = one
	}
	return one
}

// get is the kept answer, or the one that ask gives now. Too many questions at once
// are problem.BusyError.
func (k *keeper[T]) get(ctx context.Context, key string, ask func(context.Context) (T, error)) (Read[T], error) {
	one := k.of(key)
	select {
	case one.asking <- struct{}{}:
		defer func() { <-one.asking }()
	case <-ctx.Done():
		return Read[T]{}, ctx.Err()
	}
	if age := k.now().Sub(one.read.AsOf); age >= 0 && age < Kept {
		return one.read, nil
	}
	select {
	case k.gate <- struct{}{}:
		defer func() { <-k.gate }()
	case <-ctx.Done():
		return Read[T]{}, &problem.BusyError{RetryAfter: time.Second}
	}
	at := k.now()
	data, err := ask(ctx)
	if err != nil {
		return Read[T]{}, err
	}
	one.read = Read[T]{Data: data, AsOf: at}
	return one.read, nil
}
