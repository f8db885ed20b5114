//go:build vendor

package backendaitest_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func (v *vendor) lists(t *testing.T) (string, error) { return v.listsWith(t, "ps") }

// listsRunning is what is left to a client whose plain list is refused.
func (v *vendor) listsRunning(t *testing.T) (string, error) {
	return v.listsWith(t, "ps", "-s", "RUNNING")
}

func (v *vendor) listsWith(t *testing.T, args ...string) (string, error) {
	output, err := v.run(t, args...)
	if err == nil {
		v.mustSay(t, output, v.session.Name(), v.session.ID(), "RUNNING")
		if strings.Contains(output, v.foreign.Name()) {
			t.Errorf("%v lists another user's session:\n%s", args, output)
		}
	}
	return output, err
}

func (v *vendor) describes(t *testing.T) (string, error) {
	output, err := v.run(t, "session", "info", v.session.ID())
	if err == nil {
		v.mustSay(t, output, v.session.Name(), v.session.ID(), "Cluster Hostname: main1")
	}
	return output, err
}

// forwards has a megabyte go both ways.
func (v *vendor) forwards(t *testing.T) (string, error) {
	address, port := freePort(t)
	app := v.start(t, "app", v.session.Name(), "sshd", "-b", address)
	if err := app.until(t, address); err != nil {
		return app.output(), err
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, v.session.Key(), 0o600); err != nil {
		t.Fatal(err)
	}
	sent := make([]byte, 1<<20)
	rand.Read(sent)
	ssh := exec.CommandContext(t.Context(), "ssh", "-F", "none", "-i", key, "-p", port, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", v.session.Account()+"@127.0.0.1", "cat")
	ssh.Stdin = bytes.NewReader(sent)
	var words bytes.Buffer
	ssh.Stderr = &words
	got, err := ssh.Output()
	if err == nil && !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back, which are not the %d that were sent", len(got), len(sent))
	}
	return app.output() + words.String(), err
}

func (v *vendor) logsIn(t *testing.T) (string, error) {
	_, port := freePort(t)
	p := v.start(t, "ssh", "-p", port, v.session.Name(), "echo", "hello from", "$((6*7))")
	if err := p.until(t, "hello from 42"); err != nil {
		<-p.ended
		return p.output(), p.err
	}
	p.endProxy(t)
	return p.output(), p.err
}

// watches follows the session while it ends, by its name and, with the client that
// knows a UUID when it sees one, by that. Newer ones ask for the session that is
// named so, and hear nothing: of a real 23.09.10 neither.
func (v *vendor) watches(t *testing.T) (string, error) {
	var watching []*program
	sessions := []string{v.session.Name()}
	if v.client.version == "23.9.10" {
		sessions = append(sessions, v.session.ID())
	}
	for i, session := range sessions {
		watching = append(watching, v.start(t, "events", session))
		v.wait(t, "an event stream", func() bool { return v.server.EventStreams() == i+1 })
	}
	v.session.End()
	for _, p := range watching {
		if err := p.until(t, "session_terminated"); err != nil {
			return p.output(), err
		}
		line := p.line("session_terminated")
		var told struct{ SessionID, SessionName, OwnerAccessKey string }
		if err := json.Unmarshal([]byte(line[strings.Index(line, "{"):]), &told); err != nil {
			return line, err
		}
		access, _ := v.server.KeyPair()
		if told.SessionID != v.session.ID() || told.SessionName != v.session.Name() || told.OwnerAccessKey != access {
			t.Errorf("told of another session: %s", line)
		}
	}
	return "", nil
}
