//go:build unix

package svc

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"baissh/svc/control"
)

// systemd waits for READY before it says that the unit has started; whoever asks
// the control socket then is answered.
func TestSystemdIsTold(t *testing.T) {
	home := emptyHome(t)
	address := &net.UnixAddr{Net: "unixgram", Name: filepath.Join(home.Dir, "notify")}
	systemd, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	systemd.SetReadDeadline(time.Now().Add(30 * time.Second))
	t.Setenv("NOTIFY_SOCKET", address.Name)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, home, "test", slog.New(slog.DiscardHandler), func() {}) }()

	heard := func(want string) {
		t.Helper()
		line := make([]byte, 1024)
		n, err := systemd.Read(line)
		if got := string(line[:n]); err != nil || got != want {
			t.Errorf("systemd heard %q, %v, want %q", got, err, want)
		}
	}
	heard("READY=1")
	client := control.NewClient(home.Socket())
	defer client.Close()
	if _, err := client.Status(t.Context(), 0); err != nil {
		t.Errorf("after READY: %v", err)
	}
	heard("STATUS=0 of 0 hosts ready")
	cancel()
	heard("STOPPING=1")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
