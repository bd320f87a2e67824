package realm

import (
	"strings"
	"testing"
	"time"
)

func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.Local)
	for away, want := range map[time.Duration]string{
		0: "just now", -59 * time.Second: "just now", -time.Minute: "1 m ago", -59 * time.Minute: "59 m ago", -time.Hour: "1 h ago", -23*time.Hour - 59*time.Minute: "23 h ago",
		-24 * time.Hour: "27 November 2026, 12:00", 59 * time.Second: "in 59 s", 90 * time.Second: "in 1 m", 25 * time.Hour: "29 November 2026, 13:00",
	} {
		if got := moment(now.Add(away), now); got.Text != want || !strings.Contains(got.Exact, "November 2026, ") {
			t.Errorf("%v from now: %+v, want %s", away, got, want)
		}
	}
}
