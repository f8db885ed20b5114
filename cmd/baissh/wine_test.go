//go:build wine

package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"baissh/proxy/state"
)

// An engine that was started by hand, and a Linux whose ssh comes through it.
func TestWindowsEngine(t *testing.T) {
	m := newWineMachine(t)
	m.build()
	m.session("demo")
	if said := m.baissh(exitNotConfigured, "run"); !strings.Contains(said, "nobody has signed in") {
		m.Errorf("before the sign-in: %s", said)
	}
	m.login()
	engine := m.start(nil, "run")
	m.sshWorks(m.ready("bai-demo"))
	if said := m.baissh(exitRunning, "run"); !strings.Contains(said, "another baissh runs") {
		m.Errorf("the second engine: %s", said)
	}
	m.baissh(exitOK, "disable", "demo")
	m.until("disabled", func(s *state.Snapshot) bool { h, _ := s.Host("bai-demo"); return h.State == state.Disabled })
	m.baissh(exitOK, "enable", "demo")
	m.ready("bai-demo")
	engine.Process.Signal(os.Interrupt) // Wine makes Ctrl-C of it
	if code := engine.wait(); code != exitOK {
		m.Errorf("the engine ended with status %d: %s", code, &engine.err)
	}
	m.gone("the pipe is gone")
}

// An engine as the service starts it has a log instead of a console.
func TestWindowsSupervised(t *testing.T) {
	m := newWineMachine(t)
	m.build()
	m.login()
	engine := m.start(nil, "run", "--supervised")
	m.until("an answer", func(*state.Snapshot) bool { return true })
	engine.stdin.Close()
	if code := engine.wait(); code != exitOK {
		m.Errorf("the engine ended with status %d", code)
	}
	if said := m.baissh(exitOK, "service", "logs"); !strings.Contains(said, "running; see") {
		m.Errorf("the log: %s", said)
	}
	if engine.err.Len() > 0 {
		m.Errorf("on the console: %s", &engine.err)
	}
}

// The service, from its installation to its end, with a user who signs in later.
func TestWindowsService(t *testing.T) {
	m := newWineMachine(t)
	m.build()
	m.session("demo")
	// What users could replace must not run as SYSTEM.
	outside := m.file(`C:\baissh.exe`)
	if err := os.Link(m.file(installedAt), outside); err != nil {
		m.Fatal(err)
	}
	defer os.Remove(outside)
	if p := m.startProgram(strings.NewReader(""), `C:\baissh.exe`, "service", "install"); p.wait() != exitFailed {
		m.Errorf("outside the programs' folder: %s%s", &p.out, &p.err)
	}
	m.baissh(exitNotRunning, "service", "status")
	for range 2 {
		if said := m.baissh(exitOK, "service", "install"); !strings.Contains(said, "it starts as soon as you have signed in") {
			m.Errorf("before the sign-in: %s", said)
		}
	}
	m.baissh(exitOK, "service", "status")
	m.login() // which asks the supervisor to look again
	host := m.ready("bai-demo")
	m.sshWorks(host)
	m.crash()
	if after := m.ready("bai-demo"); after.Port != host.Port {
		m.Errorf("after a crash the port is %d, it was %d", after.Port, host.Port)
	}
	shell := m.ssh(host, "cat")
	input, _ := shell.StdinPipe()
	var complaint strings.Builder
	output, _ := shell.StdoutPipe()
	shell.Stderr = &complaint
	if err := shell.Start(); err != nil {
		m.Fatal(err)
	}
	io.WriteString(input, "x")
	if _, err := output.Read(make([]byte, 1)); err != nil {
		m.Fatalf("the shell: %v: %s", err, &complaint)
	}
	if said := m.baissh(exitOK, "service", "stop"); !strings.Contains(said, "the service has ended") {
		m.Errorf("stop: %s", said)
	}
	if err := shell.Wait(); err == nil {
		m.Error("the shell outlived the service")
	}
	m.gone("the engine ends with the service")
	m.baissh(exitOK, "service", "start")
	m.sshWorks(m.ready("bai-demo"))
	if said := m.baissh(exitOK, "service", "logs", "-n", "1000"); strings.Count(said, "running; see") != 3 {
		m.Errorf("the log has not three starts: %s", said)
	}
	m.baissh(exitOK, "service", "uninstall")
	m.gone("the engine ends when the service is taken out")
	m.baissh(exitNotRunning, "service", "status")
}

// crash ends the engine as a fault would, and waits for the supervisor's next.
func (m *wineMachine) crash() {
	m.Helper()
	var before string
	m.until("started", func(s *state.Snapshot) bool { before = s.Started.String(); return true })
	holder, err := os.ReadFile(m.profile("AppData", "Local", "baissh", "engine.lock.holder"))
	if err != nil {
		m.Fatal(err)
	}
	words := strings.Fields(string(holder))
	if p := m.startProgram(strings.NewReader(""), hand, "end", words[len(words)-1]); p.wait() != 0 {
		m.Fatalf("end the engine: %s%s", &p.out, &p.err)
	}
	m.until("another engine", func(s *state.Snapshot) bool { return s.Started.String() != before })
}
