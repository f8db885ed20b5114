package proxy

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// crowd is an engine that knows n sessions, all of them ready, and FileZilla. Its
// manager is nobody: a turn asks no manager for anything.
func crowd(tb testing.TB, n int) *Engine {
	tb.Helper()
	home, err := folders.At(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	for _, dir := range []string{home.State, filepath.Join(home.Dir, ".config", "filezilla")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			tb.Fatal(err)
		}
	}
	e := New(home, "bench", slog.New(slog.NewTextHandler(io.Discard, nil)))
	tb.Cleanup(e.closeLines)
	conf := crowdSettings(tb, e, n)
	client, _, err := newClient(conf, "secret", nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	e.memory = newMemory()
	e.profiles["default"] = &profile{conf: conf, client: client, seen: observation{sessions: map[string]state.Session{}}}
	for i := range n {
		e.admitSession(tb, i)
	}
	e.board.start(e.Version)
	return e
}

func crowdSettings(tb testing.TB, e *Engine, n int) settings.Profile {
	tb.Helper()
	text := fmt.Appendf(nil, `auto_limit = %d
preferred_port = 20022
ssh.write = "include"
[profiles.default]
endpoint = "http://127.0.0.1:1"
access_key = "AKIA"
secret = "file"
`, n)
	if err := os.MkdirAll(e.Home.Config, 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(e.Home.SettingsFile(), text, 0o600); err != nil {
		tb.Fatal(err)
	}
	s, err := settings.Load(e.Home)
	if err != nil {
		tb.Fatal(err)
	}
	e.settings, e.settled = s, true
	e.ssh.Mode = "include"
	return s.Profiles["default"]
}

// admitSession makes one more session that runs and whose key was fetched.
func (e *Engine) admitSession(tb testing.TB, i int) {
	tb.Helper()
	s := state.Session{
		ID: fmt.Sprintf("00000000-0000-0000-0000-%012d", i), Name: fmt.Sprintf("train-%04d", i), Type: "INTERACTIVE",
		Status: "RUNNING", HasSSH: true, CreatedAt: time.Unix(int64(i), 0), ContainerID: fmt.Sprintf("%064d", i),
	}
	e.profiles["default"].seen.sessions[s.ID] = s
	id := &identity{Incarnation: s.Incarnation(), HostKey: newHostKey(tb), HasKey: true, Account: settings.DefaultAccount}
	e.memory.Hosts[hostKey("default", s.ID)] = remembered{Profile: "default", Session: s, Alias: "bai-" + s.Name, Identity: id}
	if _, err := e.ssh.WriteKey("bai-"+s.Name, []byte("a key")); err != nil {
		tb.Fatal(err)
	}
}

// A turn of the loop grows with the sessions, and not with their square. It ends
// with every session written and listened for.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) {
			e := crowd(b, n)
			e.turn(b.Context())
			if got := strings.Count(text(b, e.ssh.Dir.BaiConfig()), "\nHost "); len(e.lines) != n || got != n {
				b.Fatalf("%d lines and %d entries for %d sessions: %+v", len(e.lines), got, n, e.sshState)
			}
			age(b, e.Home.Dir)
			e.turn(b.Context())
			for b.Loop() {
				e.turn(b.Context())
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/session")
		})
	}
}

// A turn in which one session comes or goes writes every file anew.
func BenchmarkTurnWithNews(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) {
			e := crowd(b, n)
			e.turn(b.Context())
			on := true
			for b.Loop() {
				on = !on
				e.memory.Choices[lineKey("default", "train-0000")] = on
				e.turn(b.Context())
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/session")
		})
	}
}

// The first turn binds every port and writes every file.
func BenchmarkFirstTurn(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				e := crowd(b, n)
				b.StartTimer()
				e.turn(b.Context())
				b.StopTimer()
				e.closeLines()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/session")
		})
	}
}

// age makes files an hour old: those that have just been written are looked into.
func age(tb testing.TB, dir string) {
	tb.Helper()
	long := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(path, long, long))
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func (e *Engine) closeLines() {
	for key, l := range e.lines {
		l.close()
		<-l.done
		delete(e.lines, key)
	}
}

// newHostKey is one that no server has.
func newHostKey(tb testing.TB) string {
	tb.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n")
}

func text(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
