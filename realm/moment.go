package realm

import (
	"fmt"
	"time"

	"keystead/realm/pages"
)

// moment is an instant for people: seen from now up to a day, and exactly.
func moment(t, now time.Time) pages.Moment {
	exact := t.Local().Format("2 January 2006, 15:04:05 MST")
	away := t.Sub(now).Abs()
	text := fmt.Sprintf("%d s", int(away.Seconds()))
	switch {
	case away >= 24*time.Hour:
		return pages.Moment{Text: t.Local().Format("2 January 2006, 15:04"), Exact: exact}
	case away >= time.Hour:
		text = fmt.Sprintf("%d h", int(away.Hours()))
	case away >= time.Minute:
		text = fmt.Sprintf("%d m", int(away.Minutes()))
	case !t.After(now):
		return pages.Moment{Text: "just now", Exact: exact}
	}
	if t.After(now) {
		return pages.Moment{Text: "in " + text, Exact: exact}
	}
	return pages.Moment{Text: text + " ago", Exact: exact}
}
