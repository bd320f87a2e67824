// Package process starts a server, waits for its first answer, and tells what it and its children use.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a server that runs.
type Process struct {
	Started time.Duration // from the making of the process to its first answer

	cmd   *exec.Cmd
	ended chan error
}

// Start starts a server and returns when it answers a GET of the address with 200. It fails when the process ends before
// that, or when patience is over. The end of ctx ends the process.
func Start(ctx context.Context, patience time.Duration, address string, command ...string) (*Process, error) {
	return start(ctx, patience, address, exec.CommandContext(ctx, command[0], command[1:]...))
}

// StartWith is Start with variables beside those of this process, and with a file that takes what the server writes.
func StartWith(ctx context.Context, patience time.Duration, address string, env []string, output *os.File, command ...string) (*Process, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = output, output
	return start(ctx, patience, address, cmd)
}

func start(ctx context.Context, patience time.Duration, address string, cmd *exec.Cmd) (*Process, error) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, ended: make(chan error, 1)}
	go func() { p.ended <- cmd.Wait() }()
	if err := p.Answers(ctx, patience, func() (*http.Response, error) { return http.Get(address) }); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	p.Started = time.Since(begin)
	return p, nil
}

// Answers asks until the answer is 200.
func (p *Process) Answers(ctx context.Context, patience time.Duration, ask func() (*http.Response, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		res, err := ask()
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("it ended before it answered: %w", cmp.Or(err, errors.New("exit status 0")))
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
	}
	return errors.New("it did not answer in time")
}

// Stop asks the process to end, and waits for that. Its exit code does not matter.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := <-p.ended
	p.ended <- err
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// CPU returns the time that the process and its children have computed so far, for the program and in the kernel on its
// behalf. The system counts it in hundredths of a second; 0 where there is no /proc.
func (p *Process) CPU() time.Duration {
	ticks := int64(0)
	tree(p.cmd.Process.Pid, func(pid int) {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(stat), ") ") // the name before it may hold blanks
		if fields := strings.Fields(rest); len(fields) > 12 {
			user, _ := strconv.ParseInt(fields[11], 10, 64)
			system, _ := strconv.ParseInt(fields[12], 10, 64)
			ticks += user + system
		}
	})
	return time.Duration(ticks) * 10 * time.Millisecond
}

// Memory returns the resident bytes of the process and its children; 0 where there is no /proc.
func (p *Process) Memory() int64 {
	kibibytes := int64(0)
	tree(p.cmd.Process.Pid, func(pid int) {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(status)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
				n, _ := strconv.ParseInt(fields[1], 10, 64)
				kibibytes += n
			}
		}
	})
	return kibibytes << 10
}

// tree visits a process and its descendants.
func tree(pid int, visit func(pid int)) {
	visit(pid)
	threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)) // each thread has children of its own
	for _, thread := range threads {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread.Name()))
		for child := range strings.FieldsSeq(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				tree(n, visit)
			}
		}
	}
}

// FreePorts returns ports on loopback that nobody listens on, no two of them the same.
func FreePorts(n int) ([]string, error) {
	ports := make([]string, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // not sooner, lest it is given out again
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
