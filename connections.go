package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"keystead/api/files"
)

const (
	// silentGrace is how long a connection may go on saying nothing once the server stops.
	silentGrace = 200 * time.Millisecond

	// deadlineEvery is how often deadlines are looked at, and so how late one can be.
	deadlineEvery = 500 * time.Millisecond
)

// connections are those of a server. net/http sets five deadlines for each request, and hardly ever does one of them pass: here
// that is a note, and a look at all notes now and then, where the system's timers would be a thirtieth of a busy server's work.
//
// They write the head of a larger file and the file at once, where net/http would write 4 KiB of it and then the rest: to write
// is what such an answer costs most.
//
// They know, too, on which of them nothing has come yet, such as those that browsers open beforehand. Shutdown gives each
// five seconds; a person who has pressed Ctrl-C should not wait for that.
type connections struct {
	began time.Time // what deadlines are counted from: a clock that is set must not move them
	mu    sync.Mutex
	open  map[*connection]struct{}
	done  chan struct{}
}

// watchConnections watches what the listeners of connections.listener accept, until stop is called.
func watchConnections(srv *http.Server) *connections {
	c := &connections{began: time.Now(), open: map[*connection]struct{}{}, done: make(chan struct{})}
	srv.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		if conn, ok := conn.(*connection); ok { // not one of TLS, which makes records of what it writes
			return files.NewContext(ctx, conn)
		}
		return ctx
	}
	srv.ConnState = func(conn net.Conn, state http.ConnState) {
		if conn, ok := conn.(*connection); ok && state == http.StateIdle {
			conn.requestEnds()
		}
		if state == http.StateActive {
			if secure, ok := conn.(*tls.Conn); ok {
				conn = secure.NetConn()
			}
			conn.(*connection).spoke.Store(true)
		}
	}
	srv.RegisterOnShutdown(func() {
		time.Sleep(silentGrace)
		c.each(func(conn *connection) {
			if !conn.spoke.Load() {
				_ = conn.Close() // nothing was said, so nothing is lost
			}
		})
	})
	go func() {
		ticker := time.NewTicker(deadlineEvery)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				c.each(func(conn *connection) { conn.endLate(now.Sub(c.began)) })
			case <-c.done:
				return
			}
		}
	}()
	return c
}

func (c *connections) stop() { close(c.done) }

func (c *connections) each(do func(*connection)) {
	c.mu.Lock()
	all := make([]*connection, 0, len(c.open))
	for conn := range c.open {
		all = append(all, conn)
	}
	c.mu.Unlock()
	for _, conn := range all {
		do(conn)
	}
}

// listener returns one whose connections are watched.
func (c *connections) listener(l net.Listener) net.Listener { return &watchedListener{l, c} }

type watchedListener struct {
	net.Listener
	connections *connections
}

// Accept implements net.Listener.
func (l *watchedListener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: accepted, connections: l.connections}
	conn.read = deadline{began: l.connections.began, set: accepted.SetReadDeadline}
	conn.write = deadline{began: l.connections.began, set: accepted.SetWriteDeadline}
	l.connections.mu.Lock()
	defer l.connections.mu.Unlock()
	l.connections.open[conn] = struct{}{}
	return conn, nil
}

// connection is one that notes its deadlines.
type connection struct {
	net.Conn
	connections *connections
	read, write deadline
	spoke       atomic.Bool

	writing sync.Mutex
	join    bool   // the next write is to be held
	held    []byte // waits for the next write
}

// JoinNext implements files.Joiner. It is for the goroutine that answers.
func (c *connection) JoinNext() { c.join = true }

// Write implements net.Conn.
func (c *connection) Write(content []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.join {
		c.join = false
		c.held = append(c.held, content...)
		return len(content), nil
	}
	if len(c.held) == 0 {
		return c.Conn.Write(content)
	}
	parts := net.Buffers{c.held, content}
	written, err := parts.WriteTo(c.Conn)
	written -= int64(len(c.held))
	c.held = c.held[:0]
	return int(max(written, 0)), err
}

// release writes what is held, should nothing come after it. It is for who has locked writing.
func (c *connection) release() {
	if len(c.held) > 0 {
		_, _ = c.Conn.Write(c.held) // the next write tells of an error
		c.held = c.held[:0]
	}
}

// requestEnds is called by the goroutine that answers.
func (c *connection) requestEnds() {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.join = false
	c.release()
}

// Close implements net.Conn.
func (c *connection) Close() error {
	if c.writing.TryLock() { // or else this must end a write that waits
		c.release()
		c.writing.Unlock()
	}
	c.connections.mu.Lock()
	delete(c.connections.open, c)
	c.connections.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets net/http end its half of the connection first, so that the other end reads a last answer whole.
func (c *connection) CloseWrite() error {
	c.requestEnds()
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// SetDeadline implements net.Conn.
func (c *connection) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *connection) SetReadDeadline(t time.Time) error { return c.read.note(t) }

// SetWriteDeadline implements net.Conn.
func (c *connection) SetWriteDeadline(t time.Time) error { return c.write.note(t) }

// endLate lets what waits beyond its deadline fail.
func (c *connection) endLate(now time.Duration) {
	c.read.endLate(now)
	c.write.endLate(now)
}

// deadline is one for reading or for writing.
type deadline struct {
	began time.Time
	set   func(time.Time) error // of the connection itself

	mu     sync.Mutex
	at     time.Duration // since began; 0: there is none
	passed bool          // the connection itself was told
}

// longAgo is before every time that is meant as one: net/http takes such a deadline to interrupt a read.
var longAgo = time.Unix(1_000_000_000, 0)

func (d *deadline) note(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !t.IsZero() && t.Before(longAgo) {
		d.at, d.passed = 0, true
		return d.set(t)
	}
	d.at = 0
	if !t.IsZero() {
		d.at = max(1, t.Sub(d.began))
	}
	if d.passed {
		d.passed = false
		return d.set(time.Time{})
	}
	return nil
}

func (d *deadline) endLate(now time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at != 0 && d.at <= now {
		d.at, d.passed = 0, true
		_ = d.set(longAgo) // it may be closed by now
	}
}
