package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"keystead/store"
)

// login is what a session holds.
type login struct {
	Subject      string `json:"sub"`
	RealmSession string `json:"sid"`
	Username     string `json:"username"`
	Name         string `json:"name"`
	Email        string `json:"email"`

	AccessToken  string `json:"access"`
	RefreshToken string `json:"refresh"`
	IDToken      string `json:"id"`

	SignedInAt    time.Time `json:"signed_in"`
	IssuedAt      time.Time `json:"issued"`         // by the realm's clock, of the login's first access token
	RefreshAt     time.Time `json:"refresh_at"`     // from when a new access token is got
	AccessExpires time.Time `json:"access_expires"` // by this server's clock
	ExpiresAt     time.Time `json:"expires"`        // when the session ends, unless its tokens are renewed before
}

// loginKey is where a session has its login, the only thing in it.
const loginKey = "login"

// codec is how a session becomes bytes.
type codec struct{}

// Encode implements scs.Codec.
func (codec) Encode(_ time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(values[loginKey])
}

// Decode implements scs.Codec.
func (codec) Decode(text []byte) (time.Time, map[string]any, error) {
	var l login
	if err := json.Unmarshal(text, &l); err != nil {
		return time.Time{}, nil, err
	}
	return l.ExpiresAt, map[string]any{loginKey: l}, nil
}

// keeper is where sessions are kept: sealed, under a hash of the cookie's secret, so that whoever reads the database can
// neither use a session nor its tokens.
type keeper struct {
	store  *store.Store
	sealer *sealer
}

// idOf returns the id under which the session with this secret is kept.
func idOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// FindCtx implements scs.CtxStore. A session that is sealed with a secret which nobody has any more is none.
func (k keeper) FindCtx(ctx context.Context, secret string) ([]byte, bool, error) {
	id := idOf(secret)
	kept, err := k.store.Session(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	text, ok := k.sealer.open(kept.Data, id)
	return text, ok, nil
}

// CommitCtx implements scs.CtxStore.
func (k keeper) CommitCtx(ctx context.Context, secret string, text []byte, _ time.Time) error {
	var l login
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	id := idOf(secret)
	session := store.Session{
		ID: id, RealmSession: l.RealmSession, Subject: l.Subject, IssuedAt: l.IssuedAt, Data: k.sealer.seal(text, id), ExpiresAt: l.ExpiresAt,
	}
	if ctx.Value(renewed{}) != nil {
		return k.store.ReplaceSession(ctx, session)
	}
	return k.store.PutSession(ctx, session)
}

// renewed marks the context of a session whose tokens were renewed: it must still be there.
type renewed struct{}

// DeleteCtx implements scs.CtxStore.
func (k keeper) DeleteCtx(ctx context.Context, secret string) error {
	return k.store.DeleteSession(ctx, idOf(secret))
}

// Find, Commit and Delete implement scs.Store, whose form without a context nothing here uses.
func (k keeper) Find(secret string) ([]byte, bool, error) {
	return k.FindCtx(context.Background(), secret)
}

// Commit implements scs.Store.
func (k keeper) Commit(secret string, text []byte, expiry time.Time) error {
	return k.CommitCtx(context.Background(), secret, text, expiry)
}

// Delete implements scs.Store.
func (k keeper) Delete(secret string) error { return k.DeleteCtx(context.Background(), secret) }
