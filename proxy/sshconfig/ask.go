package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"baissh/proxy/state"
)

// askLimit is for one run of ssh -G, which takes milliseconds unless a Match
// exec of the user's waits for something.
const askLimit = 10 * time.Second

// runSSH runs one ssh and returns what it printed. What it complained of, in
// its own words, is the error.
func runSSH(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second // a command of Match exec may outlive its ssh
	hideWindow(cmd)
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s did not answer: %w", program, ctx.Err())
	case errors.As(err, new(*exec.ExitError)):
		return nil, &complaintError{program, firstLine(complaint.String())}
	}
	return nil, fmt.Errorf("%w: %w", errNotStarted, err)
}

var errNotStarted = errors.New("start ssh")

type complaintError struct{ program, words string }

func (e *complaintError) Error() string { return e.program + ": " + e.words }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return state.Printable(strings.TrimSpace(line))
}

// probeName is a host name that is nobody's.
const probeName = "baissh-check"

// readable asks every ssh whether it can read a file, and, for an entry, also
// whether it finds that entry's port there.
func (w *Writer) readable(ctx context.Context, file string, want *state.Entry) error {
	name := probeName
	if want != nil {
		name = want.Alias
	}
	for _, program := range w.found {
		out, err := w.ask(ctx, program, "-G", "-F", file, name)
		if errors.Is(err, errNotStarted) {
			continue // what cannot run cannot be broken
		}
		if err != nil {
			return err
		}
		if want != nil && !finds(out, want.Port) {
			return &complaintError{program, "does not find " + want.Alias}
		}
	}
	return nil
}

// finds looks for a port in what ssh -G prints; on Windows lines end in CRLF.
func finds(out []byte, port int) bool {
	want := fmt.Sprintf("port %d", port)
	for line := range bytes.Lines(out) {
		if string(bytes.TrimSpace(line)) == want {
			return true
		}
	}
	return false
}

// options asks every ssh which words it knows. One that does not decides for
// all, since they read the same file.
func (w *Writer) options(ctx context.Context) Options {
	known := len(w.found) > 0
	for _, program := range w.found {
		known = known && w.knowsWeakCrypto(ctx, program)
	}
	return Options{WarnWeakCrypto: known}
}
