package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// watched returns both ends of a connection, of which the server's is watched.
func watched(t *testing.T) (conn net.Conn, other *net.TCPConn, all *connections) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	all = watchConnections(&http.Server{})
	t.Cleanup(all.stop)
	l = all.listener(l)
	t.Cleanup(func() { l.Close() })
	dialed, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialed.Close() })
	conn, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, dialed.(*net.TCPConn), all
}

func TestDeadlines(t *testing.T) {
	conn, other, all := watched(t)
	read := func() (time.Duration, error) {
		began := time.Now()
		_, err := conn.Read(make([]byte, 1))
		return time.Since(began), err
	}
	set := func(t time.Time) {
		if err := conn.SetReadDeadline(t); err != nil {
			panic(err)
		}
	}
	set(time.Now().Add(time.Millisecond))
	if took, err := read(); !errors.Is(err, os.ErrDeadlineExceeded) || took > patience {
		t.Errorf("a read beyond its deadline ends with %v after %v", err, took)
	}
	set(time.Unix(1, 0)) // what net/http calls a long time ago
	if _, err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read that is interrupted ends with %v", err)
	}
	for name, later := range map[string]time.Time{"no deadline": {}, "a later one": time.Now().Add(time.Minute)} {
		set(time.Unix(1, 0))
		set(later)
		if _, err := other.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := read(); err != nil {
			t.Errorf("after %s was set, a read ends with %v", name, err)
		}
	}
	if err := conn.SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Write(make([]byte, 64<<20)) // more than the system takes while nobody reads
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write beyond its deadline ends with %v", err)
	}
	if len(all.open) != 1 || conn.Close() != nil || len(all.open) != 0 {
		t.Errorf("%d connections are known", len(all.open))
	}
}

// Who sends half a request, or takes no answer, is let go; who does all in time is not.
func TestServerLetsTheSlowGo(t *testing.T) {
	listeners, err := listen("addr", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.URL.Path == "/endless" {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, "short")
	})
	go func() {
		srv := &http.Server{Handler: endless, ReadHeaderTimeout: 300 * time.Millisecond, WriteTimeout: 300 * time.Millisecond, IdleTimeout: time.Minute}
		ended <- serve(ctx, srv, listeners, slog.New(slog.DiscardHandler), func() {})
	}()
	dial := func(text string) net.Conn {
		conn, err := net.Dial("tcp", listeners[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(patience))
		return conn
	}
	half, whole, deaf := dial("GET / HTTP/1.1\r\nHo"), dial("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), dial("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
	if text, err := io.ReadAll(half); err != nil {
		t.Errorf("half a request: %v, %q", err, text)
	}
	time.Sleep(300*time.Millisecond + 2*deadlineEvery)
	var rest int64
	if rest, err = io.Copy(io.Discard, deaf); rest > 1<<30 {
		t.Errorf("who took no answer still got %d bytes, %v", rest, err)
	}
	if _, err := io.WriteString(whole, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(whole); err != nil || strings.Count(string(text), "short") != 2 {
		t.Errorf("a connection that was idle meanwhile: %v, %q", err, text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
