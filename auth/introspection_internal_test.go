package auth

import (
	"bytes"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"time"
)

// Whoever sends dead tokens, or registers clients, in whatever number, does not fill the memory or the log.
func TestIntrospectorIsBounded(t *testing.T) {
	var log bytes.Buffer
	i, err := newIntrospector(Introspection{}, NewKeys(KeysConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))}), true)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for n := range 3 * maxRefusals {
		i.refusals.Set(digestOf(strconv.Itoa(n)), &refusal{ErrTokenRevoked, now})
		i.warn(&Principal{authorizedParty: strconv.Itoa(n)}, "aud")
	}
	if n := i.refusals.EstimatedSize(); n > maxRefusals {
		t.Errorf("%d refusals are remembered", n)
	}
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != maxWarned || len(i.warned) != maxWarned {
		t.Errorf("%d lines about %d clients", n, len(i.warned))
	}
	log.Reset()
	for range 100 {
		i.log(i.failures, now, errors.New("away"))
	}
	i.log(i.failures, now.Add(10*time.Second), errors.New("still away"))
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != 2 {
		t.Errorf("an outage of ten seconds has %d lines: %s", n, log.String())
	}
}
