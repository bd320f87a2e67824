package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	sweepEvery = 5 * time.Minute
	sweepBatch = 200 // a change of more rows would keep others waiting
)

// DeleteExpired deletes the sessions, revocations and noted logout tokens whose time is over. Run does so by itself, every five
// minutes or so. Any number of processes may do it at once.
func (s *Store) DeleteExpired(ctx context.Context) error {
	if err := s.deleteFrom(ctx, "sessions", "id", "expires_at <= $1"); err != nil {
		return err
	}
	if err := s.deleteFrom(ctx, "logout_tokens", "id", "expires_at <= $1"); err != nil {
		return err
	}
	// The greatest stays, since the next one must be greater, whatever the clocks say.
	return s.deleteFrom(ctx, "revocations", "sequence", "expires_at <= $1 AND sequence < (SELECT max(sequence) FROM revocations)")
}

// deleteFrom leaves out the rows that somebody else is changing: it would wait for those, and could meanwhile hold others that
// the somebody waits for.
func (s *Store) deleteFrom(ctx context.Context, table, key, condition string) error {
	query := "DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + key + " FROM " + table + " WHERE " + condition + " LIMIT $2" + s.engine.skipLocked() + ")"
	for {
		var deleted int64
		err := s.change(ctx, func(ctx context.Context) error {
			result, err := s.write.ExecContext(ctx, query, s.now().UnixMicro(), sweepBatch)
			if err != nil {
				return err
			}
			deleted, err = result.RowsAffected()
			return err
		})
		if err != nil || deleted < sweepBatch {
			return err
		}
	}
}

// sweep deletes what has expired now and then, at times of its own, so that replicas that were started together do not all
// come at once. Where it fails, what remains is not read, and goes the next time.
func (s *Store) sweep(ctx context.Context) {
	for {
		pause(ctx, s.sweepEvery/2+rand.N(s.sweepEvery))
		if ctx.Err() != nil {
			return
		}
		err := s.DeleteExpired(ctx)
		if err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnavailable) { // of which Run tells
			s.log.Warn("expired sessions and revocations stay in the database", "database", s.engine.name(), "error", s.engine.cause(err),
				"mend", "the database's user must be allowed to delete rows")
		}
	}
}
