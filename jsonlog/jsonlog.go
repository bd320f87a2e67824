// Package jsonlog writes log lines byte for byte as slog.JSONHandler does, but many of them at once: a line for each request,
// written by itself, is a fifth of what a request costs that is answered from memory.
package jsonlog

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"time"
)

// Delay is how long a line below the level of a warning may wait to be written, together with those that come after it.
const Delay = 10 * time.Millisecond

// mostWaiting is how many bytes may wait. Whoever adds more writes them all, and so waits for a slow reader as without this.
const mostWaiting = 64 << 10

// Handler is a slog.Handler. It is safe for concurrent use.
type Handler struct {
	out   *output
	level slog.Leveler
	whole slog.Handler // slog's own, for what is seldom
}

// New returns a Handler of lines at least of this level, and what writes all lines that wait, for the end of the program.
func New(w io.Writer, level slog.Leveler) (h *Handler, flush func()) {
	out := &output{w: w}
	return &Handler{out, level, slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})}, out.flush
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level.Level() }

// WithAttrs implements slog.Handler, by slog's own.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler { return h.whole.WithAttrs(attrs) }

// WithGroup implements slog.Handler, by slog's own.
func (h *Handler) WithGroup(name string) slog.Handler { return h.whole.WithGroup(name) }

var lines = sync.Pool{New: func() any { return new(make([]byte, 0, 1024)) }}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Time.IsZero() || r.NumAttrs() > mostAttrs {
		return h.whole.Handle(ctx, r)
	}
	var space [mostAttrs]slog.Attr
	attrs := space[:0]
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	return h.Line(ctx, r.Time, r.Level, r.Message, attrs)
}

// mostAttrs is how many are usual.
const mostAttrs = 16

// Line writes a line as Handle does of a record with these parts, without the pieces of memory that a record takes. Whether the
// level is enabled is for the caller to know.
func (h *Handler) Line(ctx context.Context, t time.Time, level slog.Level, message string, attrs []slog.Attr) error {
	pooled := lines.Get().(*[]byte)
	defer lines.Put(pooled)
	line, plain := appendLine((*pooled)[:0], t, level, message, attrs)
	if !plain {
		r := slog.NewRecord(t, level, message, 0)
		r.AddAttrs(attrs...)
		return h.whole.Handle(ctx, r)
	}
	*pooled = line
	return h.out.add(line, level >= slog.LevelWarn)
}

// appendLine appends the line where its texts need no escape and its values are simple; of another one plain is false.
func appendLine(line []byte, t time.Time, level slog.Level, message string, attrs []slog.Attr) (_ []byte, plain bool) {
	if !isPlain(message) {
		return line, false
	}
	line = append(line, `{"time":"`...)
	line = t.AppendFormat(line, time.RFC3339Nano)
	line = append(line, `","level":"`...)
	line = append(line, level.String()...)
	line = append(line, `","msg":"`...)
	line = append(line, message...)
	line = append(line, '"')
	for _, a := range attrs {
		if line, plain = appendAttr(line, a); !plain {
			return line, false
		}
	}
	return append(line, '}', '\n'), true
}

func appendAttr(line []byte, a slog.Attr) (_ []byte, plain bool) {
	if a.Key == "" || !isPlain(a.Key) {
		return line, false
	}
	line = append(line, ',', '"')
	line = append(line, a.Key...)
	line = append(line, '"', ':')
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		text := v.String()
		if !isPlain(text) {
			return line, false
		}
		line = append(line, '"')
		line = append(line, text...)
		line = append(line, '"')
	case slog.KindInt64:
		line = strconv.AppendInt(line, v.Int64(), 10)
	case slog.KindFloat64:
		number := v.Float64()
		if size := math.Abs(number); number != 0 && !(size >= 1e-6 && size < 1e21) { // written with an exponent, or no number
			return line, false
		}
		line = strconv.AppendFloat(line, number, 'f', -1, 64)
	case slog.KindBool:
		line = strconv.AppendBool(line, v.Bool())
	default:
		return line, false
	}
	return line, true
}

// isPlain says whether a text stands in JSON as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// output gathers lines, so that many of them cost one write.
type output struct {
	mu      sync.Mutex
	w       io.Writer
	waiting []byte
	timer   *time.Timer // writes what waits
	ticking bool
}

// Write takes a line of slog's own handler. What it is about is not known here, so it does not wait.
func (o *output) Write(line []byte) (int, error) { return len(line), o.add(line, true) }

func (o *output) add(line []byte, urgent bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = append(o.waiting, line...)
	if urgent || len(o.waiting) > mostWaiting {
		return o.write()
	}
	if !o.ticking {
		o.ticking = true
		if o.timer == nil {
			o.timer = time.AfterFunc(Delay, o.flush)
		} else {
			o.timer.Reset(Delay)
		}
	}
	return nil
}

func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ticking = false
	_ = o.write() // there is nowhere to tell of it
}

func (o *output) write() error {
	if len(o.waiting) == 0 {
		return nil
	}
	_, err := o.w.Write(o.waiting)
	o.waiting = o.waiting[:0]
	return err
}
