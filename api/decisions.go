package api

import (
	"maps"
	"sync"
	"sync/atomic"

	"keystead/auth"
)

// decisions counts what was decided on guarded routes since the process started.
type decisions struct {
	allowed atomic.Int64
	mu      sync.Mutex
	refused map[auth.Code]int // the codes are a fixed set, so this cannot grow
}

func (d *decisions) allow() { d.allowed.Add(1) }

func (d *decisions) refuse(code auth.Code) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused == nil {
		d.refused = map[auth.Code]int{}
	}
	d.refused[code]++
}

// counts returns a copy of the counters.
func (d *decisions) counts() (allowed int, refused map[auth.Code]int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	refused = map[auth.Code]int{}
	maps.Copy(refused, d.refused)
	return int(d.allowed.Load()), refused
}
