-- One text for both databases: only types and words that SQLite and PostgreSQL share.

-- +goose Up
CREATE TABLE notes (
  id         TEXT   NOT NULL PRIMARY KEY, -- a UUIDv7, so that newer notes have greater ids
  owner      TEXT   NOT NULL,
  title      TEXT   NOT NULL,
  text       TEXT   NOT NULL,
  version    BIGINT NOT NULL,
  created_at BIGINT NOT NULL, -- microseconds since 1970: neither database's own idea of time
  updated_at BIGINT NOT NULL
);
CREATE INDEX notes_owner_id ON notes (owner, id);
