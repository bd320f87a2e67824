package realm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The control API's switches of trouble.go, which the page of controlpage.go has, too.

func knownEndpoint(name string) error {
	if all := names(endpointTexts); !slices.Contains(all, name) {
		return refuse(http.StatusBadRequest, "invalid_request", fmt.Sprintf("There is no endpoint %q. There are: %s.", name, strings.Join(all, ", ")))
	}
	return nil
}

// setTrouble replaces what goes wrong at the endpoint.
func (c *call) setTrouble(endpoint string, t trouble) error {
	if err := knownEndpoint(endpoint); err != nil {
		return err
	}
	if text := t.complete(); text != "" {
		return refuse(http.StatusBadRequest, "invalid_request", text)
	}
	c.realm.troubles.put(endpoint, t)
	c.s.log.Info("trouble was switched on", "realm", c.realm.Name, "endpoint", endpoint, "what", t.words())
	return nil
}

// endTrouble lets the endpoint answer as usual again.
func (c *call) endTrouble(endpoint string) error {
	if err := knownEndpoint(endpoint); err != nil {
		return err
	}
	if c.realm.troubles.remove(endpoint) {
		c.logTroubleEnd(endpoint, "it was switched off")
	}
	return nil
}

func (c *call) logTroubleEnd(endpoint, why string) {
	c.s.log.Info("trouble has ended", "realm", c.realm.Name, "endpoint", endpoint, "why", why)
}

// shiftClock sets the realm's clock off by so many seconds. What had ended by the realm's time does not come
// back when the clock is set back.
func (c *call) shiftClock(seconds int64) error {
	if seconds < -maxOffset || seconds > maxOffset {
		return refuse(http.StatusBadRequest, "invalid_request", fmt.Sprintf("offset_seconds must be from %d to %d, ten years either way, got %d.", -maxOffset, maxOffset, seconds))
	}
	v := c.realm
	v.mu.Lock()
	v.sessions.expire(c.now)
	v.offline.expire(c.now)
	v.mu.Unlock()
	v.troubles.mu.Lock()
	before := v.troubles.offset
	v.troubles.offset = time.Duration(seconds) * time.Second
	v.troubles.mu.Unlock()
	switch {
	case seconds == 0 && before != 0:
		c.s.log.Info("the clock is right again", "realm", v.Name)
	case seconds != 0:
		c.s.log.Info("the clock was set off", "realm", v.Name, "how", v.troubles.clockWords())
	}
	return nil
}

// calm ends all trouble of the realm, that of its clock, too.
func (c *call) calm() error {
	for endpoint := range c.realm.troubles.all() {
		if err := c.endTrouble(endpoint); err != nil {
			return err
		}
	}
	return c.shiftClock(0)
}

// allTrouble tells what goes wrong, or ends all of it.
func (c *call) allTrouble() error {
	if err := c.guarded(); err != nil {
		return err
	}
	if c.r.Method == http.MethodDelete {
		return c.done(c.calm())
	}
	return c.json(struct {
		Offset    int64              `json:"clock_offset_seconds"`
		Endpoints map[string]trouble `json:"endpoints"`
	}{int64(c.realm.troubles.shift().Seconds()), c.realm.troubles.all()})
}

// oneTrouble switches trouble on for an endpoint, or off.
func (c *call) oneTrouble() error {
	endpoint := pathParam(c.r, "endpoint")
	if c.r.Method == http.MethodDelete {
		if err := c.guarded(); err != nil {
			return err
		}
		return c.done(c.endTrouble(endpoint))
	}
	var in trouble
	if err := c.command(&in); err != nil {
		return err
	}
	return c.done(c.setTrouble(endpoint, in))
}

// setClock sets the realm's clock off.
func (c *call) setClock() error {
	var in struct {
		Seconds *int64 `json:"offset_seconds"`
	}
	if err := c.command(&in); err != nil {
		return err
	}
	if in.Seconds == nil {
		return refuse(http.StatusBadRequest, "invalid_request", "offset_seconds is missing: how far the realm's clock is to be ahead, in seconds; 0 sets it right.")
	}
	return c.done(c.shiftClock(*in.Seconds))
}

// done answers a control request that has nothing to tell, but why it failed.
func (c *call) done(err error) error {
	if err == nil {
		c.w.WriteHeader(http.StatusNoContent)
	}
	return err
}
