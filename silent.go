package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// silentGrace is how long a connection may go on saying nothing once the server stops.
const silentGrace = 200 * time.Millisecond

// silent are the connections on which nothing has come yet, such as those that browsers open beforehand. Shutdown gives each
// five seconds; a person who has pressed Ctrl-C should not wait for that.
type silent struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// endSilent makes srv end them when it shuts down.
func endSilent(srv *http.Server) {
	s := &silent{conns: map[net.Conn]struct{}{}}
	srv.ConnState = s.note
	srv.RegisterOnShutdown(func() {
		time.Sleep(silentGrace)
		s.end()
	})
}

func (s *silent) note(conn net.Conn, state http.ConnState) {
	if state == http.StateIdle {
		return // it has been active before
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == http.StateNew {
		s.conns[conn] = struct{}{}
		return
	}
	delete(s.conns, conn)
}

func (s *silent) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close() // nothing was said, so nothing is lost
	}
}
