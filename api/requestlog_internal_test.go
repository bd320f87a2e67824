package api

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestIDForm(t *testing.T) {
	for id, want := range map[string]bool{
		"": false, "a": true, "2f0e.-_Z9": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false,
		"a b": false, "a\nb": false, "ä": false, "a/b": false, `a"b`: false,
	} {
		if got := isRequestID(id); got != want {
			t.Errorf("%q is taken over: %v, want %v", id, got, want)
		}
	}
}

// A context whose timer is made late must be as one that had it from the start.
func TestLimitedContext(t *testing.T) {
	type key struct{}
	start := func(parent context.Context, timeout time.Duration) *limited {
		l := &limited{}
		l.begin(parent, time.Now(), timeout)
		return l
	}
	t.Run("ends in time, and what came from it, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := start(context.WithValue(t.Context(), key{}, "v"), time.Minute)
			defer l.end()
			if deadline, ok := l.Deadline(); !ok || time.Until(deadline) != time.Minute || l.Err() != nil || l.Value(key{}) != "v" {
				t.Errorf("at first: %v %v %v %v", deadline, ok, l.Err(), l.Value(key{}))
			}
			child, cancel := context.WithCancel(l)
			defer cancel()
			time.Sleep(time.Minute)
			synctest.Wait()
			if !errors.Is(l.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) || l.Value(key{}) != "v" {
				t.Errorf("after it: %v, the child %v", l.Err(), child.Err())
			}
		})
	})
	t.Run("is over when it was first asked too late", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := start(t.Context(), time.Minute)
			time.Sleep(2 * time.Minute)
			if !errors.Is(l.Err(), context.DeadlineExceeded) {
				t.Error(l.Err())
			}
		})
	})
	t.Run("ends with its parent", func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		for _, timeout := range []time.Duration{0, time.Minute} {
			l := start(parent, timeout)
			defer l.end()
			defer func() {
				<-l.Done()
				if !errors.Is(l.Err(), context.Canceled) {
					t.Error(l.Err())
				}
			}()
		}
		cancel()
	})
	t.Run("ends with its request", func(t *testing.T) {
		l := start(t.Context(), time.Minute)
		done := l.Done()
		l.end()
		<-done
	})
	t.Run("has no end of its own without a timeout", func(t *testing.T) {
		if _, ok := start(context.Background(), 0).Deadline(); ok {
			t.Error("it has")
		}
	})
}
