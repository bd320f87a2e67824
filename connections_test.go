package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"keystead/api/files"
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

// What is written after JoinNext goes out with what comes next, or with the end of the request or of the connection.
func TestJoinedWrites(t *testing.T) {
	conn, other, _ := watched(t)
	write := func(text string) {
		t.Helper()
		if n, err := io.WriteString(conn, text); n != len(text) || err != nil {
			t.Fatalf("writing %q: %d bytes, %v", text, n, err)
		}
	}
	read := func() string {
		buffer := make([]byte, 100)
		_ = other.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, _ := other.Read(buffer)
		return string(buffer[:n])
	}
	for range 2 {
		conn.(*connection).JoinNext()
		write("head ")
		if got := read(); got != "" {
			t.Errorf("%q did not wait for the rest", got)
		}
		write("rest")
		if got := read(); got != "head rest" {
			t.Errorf("together they are %q", got)
		}
		write("alone")
		if got := read(); got != "alone" {
			t.Errorf("what is written later is %q", got)
		}
	}
	conn.(*connection).JoinNext()
	write("alone")
	conn.(*connection).requestEnds()
	if got := read(); got != "alone" {
		t.Errorf("the end of a request lets go of %q", got)
	}
	conn.(*connection).JoinNext()
	write("last")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != "last" {
		t.Errorf("a connection that is closed loses what it holds: %q", got)
	}
}

// Files of every size arrive whole, around what net/http gathers of an answer, too, and whatever ends the answer.
func TestFilesArriveWhole(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, size := range []int{0, 1, 2047, 2048, 2049, 3600, 3800, 3900, 3950, 4000, 4095, 4096, 4097, 4200, 8000, 8191, 8192, 8193, 100_000, 5_000_000} {
		fsys[strconv.Itoa(size)] = &fstest.MapFile{Data: bytes.Repeat([]byte{byte('a' + size%26)}, size)}
	}
	index, err := files.New(fsys, false)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		index.Serve(w, r, strings.TrimPrefix(r.URL.Path, "/"), "no-cache")
	})}
	all := watchConnections(srv)
	defer all.stop()
	go func() { _ = srv.Serve(all.listener(listener)) }()
	defer srv.Close()
	joined := false
	for _, keepAlive := range []bool{true, false} {
		transport := &http.Transport{DisableKeepAlives: !keepAlive, MaxConnsPerHost: 1}
		client := http.Client{Transport: transport, Timeout: patience}
		for name, file := range fsys {
			for range 2 {
				res, err := client.Get("http://" + listener.Addr().String() + "/" + name)
				if err != nil {
					t.Fatalf("%s bytes, keep-alive %t: %v", name, keepAlive, err)
				}
				got, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || !bytes.Equal(got, file.Data) {
					t.Errorf("%s bytes, keep-alive %t: %d arrive, %v", name, keepAlive, len(got), err)
				}
			}
		}
		all.each(func(conn *connection) {
			conn.writing.Lock()
			defer conn.writing.Unlock()
			joined = joined || cap(conn.held) > 0
		})
		transport.CloseIdleConnections()
	}
	if !joined {
		t.Error("no answer went out as one write")
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
