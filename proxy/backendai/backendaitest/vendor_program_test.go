//go:build vendor

package backendaitest_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A program is a client that goes on until the test is over.
type program struct {
	id    int
	ended chan struct{}
	err   error // once ended

	mu      sync.Mutex // guards what follows
	text    bytes.Buffer
	changed chan struct{} // closed at the next output
}

func (v *vendor) start(t *testing.T, args ...string) *program {
	p := &program{ended: make(chan struct{}), changed: make(chan struct{})}
	cmd := v.command(t, args)
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.id = cmd.Process.Pid
	go func() { // ends with the program
		defer close(p.ended)
		p.err = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) // as somebody at a terminal ends it
		select {
		case <-p.ended:
		case <-time.After(20 * time.Second):
			t.Errorf("%v did not end when interrupted:\n%s", args, p.output())
			_ = cmd.Cancel()
			<-p.ended
		}
	})
	return p
}

func (p *program) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
	return p.text.Write(text)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// line is the whole line with the words, or "".
func (p *program) line(words string) string {
	for line := range strings.Lines(p.output()) {
		if strings.Contains(line, words) && strings.HasSuffix(line, "\n") {
			return line
		}
	}
	return ""
}

// until waits for a line with the words.
func (p *program) until(t *testing.T, words string) error {
	late := time.After(time.Minute)
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if p.line(words) != "" {
			return nil
		}
		select {
		case <-changed:
		case <-p.ended:
			return fmt.Errorf("it ended before it said %q: %w", words, p.err)
		case <-late:
			return fmt.Errorf("it did not say %q in a minute", words)
		case <-t.Context().Done():
			return t.Context().Err()
		}
	}
}

// proxyLimit is how long a client's proxy takes to end, in most cases by far.
const proxyLimit = 10 * time.Second

// endProxy waits for a client that has interrupted its proxy and waits for it. One in
// forty proxies or so loses that: it comes while the client's own code closes the
// connection that has just ended, the traceback goes nowhere and the event loop goes on
// (seen by py-spy; a second interrupt ends it). So it gets another after a while, as
// somebody at a terminal would give it.
func (p *program) endProxy(t *testing.T) {
	for range 6 {
		select {
		case <-p.ended:
			return
		case <-time.After(proxyLimit):
		}
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.id))
		for _, child := range strings.Fields(string(children)) {
			id, _ := strconv.Atoi(child)
			t.Logf("the client's proxy has lost its interrupt; another: %v", syscall.Kill(id, syscall.SIGINT))
		}
	}
	t.Error("the client does not end")
}
