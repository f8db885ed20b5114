package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

// logIn asks the session who one is there, with ssh as everybody has it.
func (d *demo) logIn(ctx context.Context, h state.Host) error {
	whoAmI := "id -un"
	if runtime.GOOS == "windows" {
		whoAmI = "whoami"
	}
	out, err := d.ssh(ctx, "ssh", h.Alias, whoAmI)
	if err == nil && strings.TrimSpace(out) == "" {
		err = errors.New("ssh printed nothing")
	}
	return err
}

// roundTrip sends a file there and back.
func (d *demo) roundTrip(ctx context.Context, h state.Host) error {
	sent := make([]byte, 1<<20)
	rand.Read(sent)
	there, back := filepath.Join(d.home.Dir, "there.bin"), filepath.Join(d.home.Dir, "back.bin")
	if err := os.WriteFile(there, sent, 0o600); err != nil {
		return err
	}
	batch := fmt.Sprintf("put %q sent.bin\nget sent.bin %q\n", filepath.ToSlash(there), filepath.ToSlash(back))
	batchFile := filepath.Join(d.home.Dir, "batch")
	if err := os.WriteFile(batchFile, []byte(batch), 0o600); err != nil {
		return err
	}
	if _, err := d.ssh(ctx, "sftp", "-q", "-b", batchFile, h.Alias); err != nil {
		return err
	}
	got, err := os.ReadFile(back)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return errors.New("sftp gave back another file than it was given")
	}
	d.app.demoStep("1 MiB went there and came back the same")
	return nil
}

// startAnew ends the session and makes one of the same name: another container
// with another host key, which ssh logs in to without a question.
func (d *demo) startAnew(ctx context.Context, h state.Host) error {
	for _, session := range d.manager.Sessions() {
		if session.ID() == h.SessionID {
			session.End()
		}
	}
	d.app.demoStep("the session ends, and one of the same name starts: another container, another host key")
	if _, err := d.manager.CreateSession(backendaitest.SessionSpec{Name: demoSession}); err != nil {
		return err
	}
	started := time.Now()
	now, err := d.ready(ctx, h.SessionID)
	if err != nil {
		return err
	}
	d.app.demoStep("ready again after %d ms, with the alias and the port that it had", time.Since(started).Milliseconds())
	if now.Alias != h.Alias || now.Port != h.Port || now.HostKey == h.HostKey {
		return fmt.Errorf("the new session has alias %s and port %d, not %s and %d with another host key", now.Alias, now.Port, h.Alias, h.Port)
	}
	return d.logIn(ctx, now)
}

// ssh runs one of OpenSSH's programs on the demo's files, shows the command and
// what it printed, and fails if the program had anything to complain of.
func (d *demo) ssh(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	args = append([]string{"-F", d.sshConfig(), "-o", "BatchMode=yes"}, args...)
	d.app.demoCommand(program, args)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = d.environment()
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if err != nil || complaint.Len() > 0 {
		return "", fmt.Errorf("%s: %s", program, firstOf(strings.TrimSpace(complaint.String()), fmt.Sprint(err)))
	}
	if program == "ssh" {
		d.app.demoOutput(out.String())
	}
	return out.String(), nil
}

func (d *demo) sshConfig() string { return filepath.Join(d.home.SSH(), "config") }

// environment keeps the user's agent and home out of the demo.
func (d *demo) environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name != "HOME" && name != "SSH_AUTH_SOCK" && name != "SSH_ASKPASS" {
			env = append(env, pair)
		}
	}
	return append(env, "HOME="+d.home.Dir)
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
