package store

import (
	"context"
	"sync"
	"time"
)

const (
	pollEvery      = time.Second
	listenFailures = 3 // in a row make a warning: before that, Run may not yet have found the database away
)

// WatchRevocations calls changed, never twice at a time, at first and whenever there may be new revocations: each second, and at
// once when this process revokes, or another one that shares a PostgreSQL. It returns when ctx has ended. Call it once.
func (s *Store) WatchRevocations(ctx context.Context, changed func()) {
	heard := make(chan struct{}, 1)
	wake(heard)
	var listening sync.WaitGroup
	defer listening.Wait()
	listening.Go(func() { s.listen(ctx, func() { wake(heard) }) })
	tick := time.NewTicker(s.pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-heard:
		case <-s.revoked:
		case <-ctx.Done():
			return
		}
		changed()
	}
}

// listen keeps listening to other processes, where the database lets it. Without that there is still the poll: it says
// nothing while Run says that the database is away, and warns once when only the listening fails.
func (s *Store) listen(ctx context.Context, hear func()) {
	wait, failures, told := firstBackoff, 0, false
	for ctx.Err() == nil {
		if s.reachable() != nil {
			wait, failures = firstBackoff, 0
			pause(ctx, wait)
			continue
		}
		err := s.engine.listen(ctx, s.pingEvery, func() {
			if told {
				s.log.Info("revocations of other processes arrive at once again", "database", s.engine.name())
			}
			wait, failures, told = firstBackoff, 0, false
			hear()
		})
		if ctx.Err() != nil {
			return
		}
		s.look() // it may be more than this connection
		failures++
		if failures >= listenFailures && !told {
			told = true
			s.log.Warn("revocations of other processes arrive within a second, not at once: listening for them fails, and is tried again",
				"database", s.engine.name(), "error", s.engine.cause(err), "mend", "the database must allow one connection more for each process")
		}
		pause(ctx, wait)
		wait = min(2*wait, maxBackoff)
	}
}

// wake leaves a word in a channel that has room for one.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is there, and will be read after this
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
