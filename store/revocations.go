package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

const revocationsPage = 5000

// Revocation says which access tokens are no longer good: those of a session of the realm, or those of a subject that were
// issued before some time.
type Revocation struct {
	RealmSession string    // either this
	Subject      string    // or this, with Before
	Before       time.Time // in whole seconds, as tokens have them: those issued in this second or later are good
	Offline      bool      // tokens of offline sessions, too
	ExpiresAt    time.Time // when no such token can be good any more
	Sequence     int64     // set by the store: greater than that of each revocation that could be seen before
}

// Revoke adds the revocation and deletes the sessions that it is about, whatever it says of offline ones. With a tokenID, the
// jti of the logout token that asks for it, it notes that one as used up, and is ErrConflict when that was noted before;
// then, as with any error, nothing happens. (OpenID Connect Back-Channel Logout 1.0, section 2.6, step 8)
func (s *Store) Revoke(ctx context.Context, r Revocation, tokenID string, tokenExpires time.Time) error {
	if err := checkRevocation(r, tokenID, tokenExpires); err != nil {
		return err
	}
	err := s.transact(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		if tokenID != "" {
			if err := noteToken(ctx, tx, tokenID, tokenExpires); err != nil {
				return err
			}
		}
		if err := s.addRevocation(ctx, tx, r); err != nil {
			return err
		}
		return s.engine.announce(ctx, tx)
	})
	if err == nil {
		wake(s.revoked)
	}
	return err
}

func checkRevocation(r Revocation, tokenID string, tokenExpires time.Time) error {
	switch {
	case (r.RealmSession == "") == (r.Subject == ""), (r.Subject == "") != r.Before.IsZero():
		return fmt.Errorf("%w: a revocation needs either a realm session, or a subject with a time", ErrInvalid)
	case r.ExpiresAt.IsZero(), tokenID != "" && tokenExpires.IsZero():
		return fmt.Errorf("%w: a revocation needs the time of its end, and so does the logout token that asks for it", ErrInvalid)
	case !indexable(r.RealmSession, r.Subject, tokenID):
		return fmt.Errorf("%w: a revocation must be UTF-8 without NUL characters, each text of at most %d bytes", ErrInvalid, maxKey)
	}
	return nil
}

func noteToken(ctx context.Context, tx *sql.Tx, id string, expires time.Time) error {
	result, err := tx.ExecContext(ctx, "INSERT INTO logout_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", id, expires.UnixMicro())
	if err != nil {
		return err
	}
	noted, err := result.RowsAffected()
	if err == nil && noted == 0 {
		err = ErrConflict
	}
	return err
}

// addRevocation numbers it by the time, so that it is the greatest even in a database that was emptied or taken from a backup;
// and above the greatest there is, as clocks differ. One Revoke at a time makes each number visible before the next is chosen.
func (s *Store) addRevocation(ctx context.Context, tx *sql.Tx, r Revocation) error {
	var greatest int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(max(sequence), 0) FROM revocations").Scan(&greatest); err != nil {
		return err
	}
	var realmSession, subject, before any // what stays NULL equals no session's text, not even an empty one
	about, args := "realm_session = $1", []any{r.RealmSession}
	if r.RealmSession != "" {
		realmSession = r.RealmSession
	} else {
		subject, before = r.Subject, r.Before.Truncate(time.Second).UnixMicro()
		about, args = "subject = $1 AND issued_at < $2", []any{subject, before}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO revocations (sequence, realm_session, subject, issued_before, offline, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		max(s.now().UnixMicro(), greatest+1), realmSession, subject, before, r.Offline, r.ExpiresAt.UnixMicro())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM sessions WHERE "+about, args...)
	return err
}

// RevocationsAfter returns those that came after that one and have not expired, in the order of Sequence. Who asks again with
// the last Sequence misses none.
func (s *Store) RevocationsAfter(ctx context.Context, sequence int64) ([]Revocation, error) {
	var all []Revocation
	for {
		page, err := s.pageOfRevocations(ctx, sequence)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < revocationsPage {
			return all, nil
		}
		sequence = page[len(page)-1].Sequence
	}
}

// pageOfRevocations reads as many as take little of the time that an operation has, however many there are.
func (s *Store) pageOfRevocations(ctx context.Context, sequence int64) ([]Revocation, error) {
	var page []Revocation
	err := s.do(ctx, func(ctx context.Context) error {
		rows, err := s.read.QueryContext(ctx, "SELECT sequence, COALESCE(realm_session, ''), COALESCE(subject, ''), issued_before, offline, expires_at "+
			"FROM revocations WHERE sequence > $1 AND expires_at > $2 ORDER BY sequence LIMIT $3", sequence, s.now().UnixMicro(), revocationsPage)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Revocation
			var before sql.NullInt64
			var expires int64
			if err := rows.Scan(&r.Sequence, &r.RealmSession, &r.Subject, &before, &r.Offline, &expires); err != nil {
				return err
			}
			if before.Valid {
				r.Before = time.UnixMicro(before.Int64).UTC()
			}
			r.ExpiresAt = time.UnixMicro(expires).UTC()
			page = append(page, r)
		}
		return rows.Err()
	})
	return page, err
}
