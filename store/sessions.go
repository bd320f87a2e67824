package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Session is a browser's login. What it holds is sealed by the session package; the store sees when and whose it is.
type Session struct {
	ID           string    // the hash of the secret in the browser's cookie
	RealmSession string    // the realm's session (sid); "" where the token names none
	Subject      string    // "" where nobody has signed in yet
	IssuedAt     time.Time // of the access token at the login: revocations by subject compare with it
	Data         []byte
	ExpiresAt    time.Time
}

// PutSession inserts the session, or replaces the one with its ID, and ends the lease on that. The error is ErrRevoked when
// its realm session was revoked, or the tokens of its subject from that time, by whichever process: a login or a refresh that
// ends after a sign-out brings no session back. Only what DeleteSession deleted comes back: see ReplaceSession.
func (s *Store) PutSession(ctx context.Context, session Session) error {
	return s.keepSession(ctx, session, func(ctx context.Context, tx *sql.Tx, args ...any) (sql.Result, error) {
		return tx.ExecContext(ctx, "INSERT INTO sessions (id, realm_session, subject, issued_at, data, expires_at, leased_until) "+
			"VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (id) DO UPDATE SET realm_session = excluded.realm_session, subject = excluded.subject, "+
			"issued_at = excluded.issued_at, data = excluded.data, expires_at = excluded.expires_at, leased_until = 0", args...)
	})
}

// ReplaceSession is PutSession for a session that must still be there, such as one that was refreshed: when it was deleted
// or has expired in the meantime, it stays away, and the error is ErrNotFound.
func (s *Store) ReplaceSession(ctx context.Context, session Session) error {
	return s.keepSession(ctx, session, func(ctx context.Context, tx *sql.Tx, args ...any) (sql.Result, error) {
		return tx.ExecContext(ctx, "UPDATE sessions SET realm_session = $2, subject = $3, issued_at = $4, data = $5, expires_at = $6, leased_until = 0 "+
			"WHERE id = $1 AND expires_at > $7", append(args, s.now().UnixMicro())...)
	})
}

// keepSession writes the session unless it is revoked. Both are one transaction that no Revoke runs beside: otherwise neither
// would see the other's rows, and the session would outlive the sign-out.
func (s *Store) keepSession(ctx context.Context, session Session, write func(context.Context, *sql.Tx, ...any) (sql.Result, error)) error {
	if session.ID == "" || !indexable(session.ID, session.RealmSession, session.Subject) {
		return fmt.Errorf("%w: a session needs an id, and its texts must be UTF-8 without NUL characters, each of at most %d bytes", ErrInvalid, maxKey)
	}
	data := append([]byte{}, session.Data...) // a nil slice would be NULL
	return s.transact(ctx, false, func(ctx context.Context, tx *sql.Tx) error {
		var revoked bool
		err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM revocations WHERE realm_session = $1 OR subject = $2 AND issued_before > $3)",
			session.RealmSession, session.Subject, session.IssuedAt.UnixMicro()).Scan(&revoked)
		if err != nil {
			return err
		}
		if revoked {
			return ErrRevoked
		}
		result, err := write(ctx, tx, session.ID, session.RealmSession, session.Subject, session.IssuedAt.UnixMicro(), data, session.ExpiresAt.UnixMicro())
		if err != nil {
			return err
		}
		written, err := result.RowsAffected()
		if err == nil && written == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// Session returns one session, or ErrNotFound, also when it has expired.
func (s *Store) Session(ctx context.Context, id string) (Session, error) {
	if !storable(id) {
		return Session{}, ErrNotFound
	}
	session := Session{ID: id}
	var issued, expires int64
	err := s.do(ctx, func(ctx context.Context) error {
		row := s.read.QueryRowContext(ctx, "SELECT realm_session, subject, issued_at, data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2",
			id, s.now().UnixMicro())
		return row.Scan(&session.RealmSession, &session.Subject, &issued, &session.Data, &expires)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrNotFound
	}
	if err != nil {
		return Session{}, err
	}
	session.IssuedAt, session.ExpiresAt = time.UnixMicro(issued).UTC(), time.UnixMicro(expires).UTC()
	return session, nil
}

// DeleteSession ends a session. One that is not there is no error.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	if !storable(id) {
		return nil
	}
	return s.change(ctx, func(ctx context.Context) error {
		_, err := s.write.ExecContext(ctx, "DELETE FROM sessions WHERE id = $1", id)
		return err
	})
}

// LeaseSession reports whether the caller, and nobody else in any process, may refresh the session for that long: not while
// somebody else's lease runs, nor when the session is gone. Nobody asks whose lease it is, so what is done under one must
// end before it does, clocks that differ between machines included.
func (s *Store) LeaseSession(ctx context.Context, id string, lease time.Duration) (bool, error) {
	if !storable(id) {
		return false, nil
	}
	now := s.now()
	var leased int64
	err := s.change(ctx, func(ctx context.Context) error {
		result, err := s.write.ExecContext(ctx, "UPDATE sessions SET leased_until = $2 WHERE id = $1 AND leased_until <= $3 AND expires_at > $3",
			id, now.Add(lease).UnixMicro(), now.UnixMicro())
		if err != nil {
			return err
		}
		leased, err = result.RowsAffected()
		return err
	})
	return leased == 1 && err == nil, err
}

// ReleaseSession ends the lease early, when the refresh came to nothing. Only its holder may ask for that.
func (s *Store) ReleaseSession(ctx context.Context, id string) error {
	if !storable(id) {
		return nil
	}
	return s.change(ctx, func(ctx context.Context) error {
		_, err := s.write.ExecContext(ctx, "UPDATE sessions SET leased_until = 0 WHERE id = $1", id)
		return err
	})
}
