package tray

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"baissh/proxy/state"
)

// startLimit is how long an engine may take until it answers.
const startLimit = 10 * time.Second

// start has the service start the engine. Where there is none, an engine is
// started that goes on when the tray ends.
func (t *shown) start(ctx context.Context) error {
	if t.Service && t.baissh(ctx, "service", "start").Run() == nil {
		return t.answered(ctx, nil)
	}
	log, err := os.Create(t.EngineLog)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := t.baissh(context.WithoutCancel(ctx), "run")
	cmd.Stderr = log // a file, since a pipe would end with the tray
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return t.answered(ctx, ended)
}

// baissh is the command of a verb.
func (t *shown) baissh(ctx context.Context, verb ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.Baissh[0], append(slices.Clone(t.Baissh[1:]), verb...)...)
	background(cmd)
	return cmd
}

// answered waits until the engine answers, or has ended.
func (t *shown) answered(ctx context.Context, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	answers := make(chan struct{})
	go follow(ctx, t.client.Status, func(s *state.Snapshot, _ error) {
		if s != nil {
			offer(ctx, answers, struct{}{})
		}
	})
	select {
	case <-answers:
		return nil
	case <-ended:
		return t.lastWords()
	case <-ctx.Done():
		return &state.Problem{Code: state.Unreachable, Fact: "baissh was started and does not answer", Hint: "look at it in a terminal: baissh status"}
	}
}

// lastWords are what an engine that ended at once had to say.
func (t *shown) lastWords() error {
	text, _ := os.ReadFile(t.EngineLog)
	p := &state.Problem{Code: state.Unreachable, Fact: "baissh ended at once", Hint: "see why in a terminal: baissh run"}
	for said := range bytes.Lines(text) {
		if fact, ok := strings.CutPrefix(string(said), "baissh: error: "); ok {
			p.Fact = strings.TrimSpace(fact)
		}
		if hint, ok := strings.CutPrefix(string(said), "baissh: hint: "); ok {
			p.Hint = strings.TrimSpace(hint)
		}
	}
	return p
}
