//go:build vendor

package backendaitest_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// A vendorClient is one release of the vendor's command line.
type vendorClient struct{ version, program string }

// vendorClients are those that .ci/test-vendor has installed.
func vendorClients(t *testing.T) []vendorClient {
	var clients []vendorClient
	for _, word := range strings.Fields(os.Getenv("BAISSH_VENDOR_CLIENTS")) {
		version, program, _ := strings.Cut(word, "=")
		clients = append(clients, vendorClient{version, program})
	}
	if len(clients) == 0 {
		t.Fatal("BAISSH_VENDOR_CLIENTS is empty; run: make test-vendor")
	}
	return clients
}

// A vendor is one client at one simulator, with a home of its own.
type vendor struct {
	client           vendorClient
	server           *backendaitest.Server
	session, foreign *backendaitest.Session
	home             string
	env              []string // where to, and as whom
}

func newVendor(t *testing.T, client vendorClient, release string) *vendor {
	server, err := backendaitest.Start(backendaitest.Options{Release: release})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	access, secret := server.KeyPair()
	v := &vendor{client: client, server: server, home: t.TempDir(), env: []string{
		"BACKEND_ENDPOINT=" + server.URL(), "BACKEND_ENDPOINT_TYPE=api",
		"BACKEND_ACCESS_KEY=" + access, "BACKEND_SECRET_KEY=" + secret,
	}}
	if err := os.Mkdir(filepath.Join(v.home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	other, _ := server.AddUser(backendaitest.User{})
	for _, s := range []struct {
		session **backendaitest.Session
		spec    backendaitest.SessionSpec
	}{
		{&v.session, backendaitest.SessionSpec{Name: "train-01"}},
		{&v.foreign, backendaitest.SessionSpec{Name: "foreign-01", AccessKey: other}},
	} {
		if *s.session, err = server.CreateSession(s.spec); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// command is a group of processes: "ssh" starts programs of its own.
func (v *vendor) command(t *testing.T, args []string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, v.client.program, args...)
	cmd.Dir = v.home
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + v.home, "LC_ALL=C.UTF-8", "COLUMNS=400"}, v.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal either, to ask on
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func (v *vendor) run(t *testing.T, args ...string) (string, error) { return v.runWith(t, "", args...) }

func (v *vendor) runWith(t *testing.T, input string, args ...string) (string, error) {
	cmd := v.command(t, args)
	cmd.Stdin = strings.NewReader(input)
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func (v *vendor) mustSay(t *testing.T, output string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(output, word) {
			t.Errorf("said nothing of %q:\n%s", word, output)
		}
	}
}

func (v *vendor) wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := v.server.Wait(ctx, condition); err != nil {
		t.Fatalf("wait for %s: %v", what, err)
	}
}

// portTried counts down below the ports that systems give out by themselves: one
// of those may be somebody's before the client, a second later, wants it.
var portTried atomic.Int32

func freePort(t *testing.T) (address, port string) {
	t.Helper()
	for range 1000 {
		port = strconv.Itoa(32700 - int(portTried.Add(1)))
		if listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			defer listener.Close()
			return listener.Addr().String(), port
		}
	}
	t.Fatal("no free port")
	return "", ""
}
