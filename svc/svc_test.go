package svc

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"baissh/proxy/folders"
	"baissh/svc/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// emptyHome is a home in which nobody has signed in.
func emptyHome(t *testing.T) folders.Home {
	t.Helper()
	dir, err := os.MkdirTemp("", "bai")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	home, err := folders.At(dir)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

func TestOneEngineAHome(t *testing.T) {
	home := emptyHome(t)
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, home, "test", log, func() {}) }()
	client := control.NewClient(home.Socket())
	defer client.Close()
	for { // until it answers
		if _, err := client.Status(t.Context(), 0); err == nil {
			break
		} else if !errors.Is(err, control.ErrNoEngine) {
			t.Fatal(err)
		}
	}
	var running *RunningError
	unwanted := func() { t.Error("the second engine says that it runs") }
	if err := Run(t.Context(), home, "test", log, unwanted); !errors.As(err, &running) || !strings.Contains(running.Where, "process") {
		t.Errorf("the second engine: %v, want one that says where the first runs", err)
	}
	if _, err := client.Status(t.Context(), 0); err != nil {
		t.Errorf("the first after the second: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the first ended with %v", err)
	}
	if _, err := client.Status(t.Context(), 0); !errors.Is(err, control.ErrNoEngine) {
		t.Errorf("after the end: %v", err)
	}
}
