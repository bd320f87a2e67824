-- +goose Up
CREATE TABLE sessions (
  id            TEXT   NOT NULL PRIMARY KEY, -- the hash of a secret, not the secret
  realm_session TEXT   NOT NULL, -- '' where the realm named none
  subject       TEXT   NOT NULL,
  issued_at     BIGINT NOT NULL, -- like all times here microseconds since 1970
  data          BYTEA  NOT NULL, -- SQLite takes any word for a type, and keeps bytes as they are
  leased_until  BIGINT NOT NULL, -- 0 at first, and when the lease was given back
  expires_at    BIGINT NOT NULL
);
CREATE INDEX sessions_realm_session ON sessions (realm_session);
CREATE INDEX sessions_subject ON sessions (subject);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE revocations (
  sequence      BIGINT  NOT NULL PRIMARY KEY, -- grows with each commit, whichever process makes it
  realm_session TEXT, -- either this, or the next two
  subject       TEXT,
  issued_before BIGINT,
  offline       BOOLEAN NOT NULL,
  expires_at    BIGINT  NOT NULL
);
CREATE INDEX revocations_realm_session ON revocations (realm_session);
CREATE INDEX revocations_subject ON revocations (subject);
CREATE INDEX revocations_expires_at ON revocations (expires_at);

CREATE TABLE logout_tokens (
  id         TEXT   NOT NULL PRIMARY KEY, -- the jti of one that was heeded
  expires_at BIGINT NOT NULL
);
CREATE INDEX logout_tokens_expires_at ON logout_tokens (expires_at);
