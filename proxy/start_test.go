package proxy

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"baissh/proxy/folders"
	"baissh/proxy/settings"
)

// startLimit ends a benchmark of an engine that does not come up.
const startLimit = 30 * time.Second

// From the start of the program until every port of the known sessions listens. The
// manager is down: they come from what is remembered.
func BenchmarkStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "baissh")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/baissh").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, n := range []int{1, 200} {
		b.Run(fmt.Sprintf("sessions=%d", n), func(b *testing.B) {
			home, ports := known(b, n)
			for b.Loop() {
				stop := start(b, program, home)
				for _, port := range ports {
					meet(b, port)
				}
				b.StopTimer()
				stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
		})
	}
}

// known makes a home in which an engine has known n sessions.
func known(b *testing.B, n int) (home folders.Home, ports []int) {
	b.Helper()
	e := crowd(b, n)
	e.turn(b.Context())
	for _, l := range e.lines {
		ports = append(ports, l.port)
	}
	if len(ports) != n {
		b.Fatalf("%d lines, want %d", len(ports), n)
	}
	e.closeLines()
	conf := e.settings.Profiles["default"]
	secrets := settings.SecretsOf(conf.Secret, e.Home)
	if err := secrets.Set(b.Context(), conf, "secret"); err != nil {
		b.Fatal(err)
	}
	return e.Home, ports
}

func start(b *testing.B, program string, home folders.Home) (stop func()) {
	b.Helper()
	cmd := exec.Command(program, "--home", home.Dir, "run")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			b.Errorf("the engine: %v", err)
		}
	}
}

// meet connects to a port as soon as it listens.
func meet(b *testing.B, port int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), startLimit)
	defer cancel()
	for {
		conn, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			conn.Close()
			return
		}
		sleep(ctx, time.Millisecond)
		if ctx.Err() != nil {
			b.Fatalf("nobody listens on port %d: %v", port, err)
		}
	}
}
