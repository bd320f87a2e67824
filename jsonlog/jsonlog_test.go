package jsonlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"keystead/jsonlog"
)

// pair writes each line by slog's own handler, too.
func pair() (ours, theirs slog.Handler, got, want *bytes.Buffer, flush func()) {
	got, want = new(bytes.Buffer), new(bytes.Buffer)
	ours, flush = jsonlog.New(got, slog.LevelInfo)
	return ours, slog.NewJSONHandler(want, nil), got, want, flush
}

func TestLinesAreThoseOfSlog(t *testing.T) {
	at := time.Date(2026, 11, 29, 1, 2, 3, 450_000_000, time.UTC)
	records := []slog.Record{
		slog.NewRecord(at, slog.LevelInfo, "plain", 0),
		slog.NewRecord(at.In(time.FixedZone("", 3600)), slog.LevelWarn, "elsewhere", 0),
		slog.NewRecord(time.Time{}, slog.LevelError, "no time", 0),
		slog.NewRecord(at, slog.LevelInfo+1, "a level between", 0),
		slog.NewRecord(at, slog.LevelInfo, "a \"message\" <with> ünicode\n\u2028", 0),
	}
	values := []any{
		"", "text", "te\"xt", "t\\", "<&>", "é", "\xff", "\u2028", "\x7f", "\x00", 0, -1, int64(math.MaxInt64), uint64(math.MaxUint64),
		0.0, 1.5, -0.1, 1e-6, 9e-7, 1e20, 1e21, math.MaxFloat64, math.Inf(1), math.NaN(), true, false, time.Second, at,
		errors.New("wrong"), []string{"a"}, map[string]int{"a": 1}, nil, slog.GroupValue(slog.Int("a", 1)), slog.GroupValue(),
	}
	for i, value := range values {
		r := slog.NewRecord(at, slog.LevelInfo, fmt.Sprint("value ", i), 0)
		r.AddAttrs(slog.Any("value", value), slog.Int("next", 1))
		records = append(records, r)
	}
	for _, key := range []string{"", "a key", "k\"", "schlüssel"} {
		r := slog.NewRecord(at, slog.LevelInfo, "key", 0)
		r.AddAttrs(slog.String(key, "x"), slog.String("a", "1"), slog.String("b", "2"), slog.String("c", "3"), slog.String("d", "4"), slog.String("e", "5"))
		records = append(records, r, r.Clone())
	}
	records[len(records)-1].AddAttrs(slog.Attr{})
	ours, theirs, got, want, flush := pair()
	for _, r := range records {
		got.Reset()
		want.Reset()
		_, _ = ours.Handle(t.Context(), r), theirs.Handle(t.Context(), r)
		flush()
		if got.String() != want.String() {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

func TestDerivedLoggersAreThoseOfSlog(t *testing.T) {
	ours, theirs, got, want, flush := pair()
	for _, h := range []slog.Handler{ours, theirs} {
		r := slog.NewRecord(time.Unix(0, 0).UTC(), slog.LevelInfo, "x", 0)
		r.AddAttrs(slog.Int("b", 2))
		_ = h.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").Handle(t.Context(), r)
	}
	flush()
	if got.String() != want.String() {
		t.Errorf("got  %swant %s", got, want)
	}
	if ours.Enabled(t.Context(), slog.LevelDebug) || !ours.Enabled(t.Context(), slog.LevelInfo) {
		t.Error("the level does not count")
	}
}

func FuzzLinesAreThoseOfSlog(f *testing.F) {
	f.Add("message", "key", "text", int64(1), 0.5, int64(0))
	f.Add("\"", "", "\xed\xa0\x80", int64(-1), 1e-7, int64(1)<<40)
	f.Fuzz(func(t *testing.T, message, key, text string, number int64, fraction float64, nanoseconds int64) {
		r := slog.NewRecord(time.Unix(0, nanoseconds).UTC(), slog.LevelInfo, message, 0)
		r.AddAttrs(slog.String(key, text), slog.Int64("number", number), slog.Float64("fraction", fraction))
		ours, theirs, got, want, flush := pair()
		_, _ = ours.Handle(t.Context(), r), theirs.Handle(t.Context(), r)
		flush()
		if got.String() != want.String() {
			t.Errorf("got  %swant %s", got, want)
		}
	})
}

// counted counts writes.
type counted struct {
	mu     sync.Mutex
	text   strings.Builder
	writes int
}

func (c *counted) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	return c.text.Write(p)
}

// taken returns what came since it was called last.
func (c *counted) taken() (writes int, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	writes, text = c.writes, c.text.String()
	c.writes = 0
	c.text.Reset()
	return writes, text
}

func TestLinesWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out counted
		h, flush := jsonlog.New(&out, slog.LevelInfo)
		defer flush()
		log := slog.New(h)
		for round := range 2 {
			log.Info("one")
			log.Info("two")
			if writes, _ := out.taken(); writes != 0 {
				t.Errorf("round %d: a line was written at once", round)
			}
			time.Sleep(jsonlog.Delay + time.Millisecond)
			synctest.Wait()
			if writes, text := out.taken(); writes != 1 || strings.Count(text, "\n") != 2 {
				t.Errorf("round %d: %d writes of %q", round, writes, text)
			}
		}
		log.Info("before")
		log.Error("at once")
		if _, text := out.taken(); !strings.Contains(text, "before") || strings.Index(text, "before") > strings.Index(text, "at once") {
			t.Errorf("a line of an error waits, or passes those before it: %q", text)
		}
	})
}

func TestManyLinesDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out counted
		h, flush := jsonlog.New(&out, slog.LevelInfo)
		defer flush()
		long := strings.Repeat("x", 1000)
		for range 70 {
			slog.New(h).Info(long)
		}
		if writes, _ := out.taken(); writes != 1 {
			t.Errorf("%d writes", writes)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	h, _ := jsonlog.New(io.Discard, slog.LevelInfo)
	for name, h := range map[string]slog.Handler{"jsonlog": h, "slog": slog.NewJSONHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
				r.AddAttrs(slog.String("request_id", "GZ3BTBVOYGJNVKAYFMMWFZ2ICT"), slog.String("method", "GET"), slog.String("path", "/secured"),
					slog.Int("status", 200), slog.Float64("duration_ms", 0.171), slog.String("remote", "127.0.0.1"), slog.String("subject", "0c2b9a10-0000-4000-8000-000000000001"))
				_ = h.Handle(context.Background(), r)
			}
		})
	}
}
