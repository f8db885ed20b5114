//go:build chaos && linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"baissh/proxy/backendai/backendaitest"
)

// gibibyte is what each way has to carry.
const gibibyte = 1 << 30

// A gibibyte each way at once, where one end takes it in fits: sums are equal, and the
// engine never holds more than a moment's worth.
func TestAGibibyteEachWay(t *testing.T) {
	need(t, "ssh", "go")
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	engine := exec.Command(built(t, w.home.Dir), "--home", w.home.Dir, "run")
	engine.Env, engine.Stderr = w.environment(), w.log
	if err := engine.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { engine.Process.Kill(); engine.Wait() }()
	w.ready("bai-demo")
	before := highWater(t, engine.Process.Pid)

	up, down := sha256.New(), sha256.New()
	ssh := exec.Command("ssh", "-F", w.config(), "-o", "BatchMode=yes", "bai-demo", "cat")
	ssh.Env, ssh.Stderr = w.environment(), os.Stderr
	in, err := ssh.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := ssh.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ssh.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	go func() {
		defer close(said)
		defer in.Close()
		io.Copy(io.MultiWriter(in, up), io.LimitReader(rand.NewChaCha8([32]byte{}), gibibyte))
	}()
	got := inFits(t.Context(), down, out)
	<-said
	if err := ssh.Wait(); err != nil || got != gibibyte {
		t.Errorf("%d bytes came back, %v", got, err)
	}
	if !bytes.Equal(up.Sum(nil), down.Sum(nil)) {
		t.Error("what came back is not what was sent")
	}
	after := highWater(t, engine.Process.Pid)
	t.Logf("the engine had at most %d MiB before, %d MiB in the end", before, after)
	if after > before+16 {
		t.Errorf("the engine had %d MiB at most, %d before", after, before)
	}
}

// inFits reads to the end, and rests each 64 MiB, until everything behind it is full.
func inFits(ctx context.Context, to io.Writer, from io.Reader) (total int64) {
	for {
		n, err := io.CopyN(to, from, 64<<20)
		if total += n; err != nil {
			return total
		}
		wait(ctx, 500*time.Millisecond)
	}
}

// highWater is the most memory that a process ever had, in MiB.
func highWater(t *testing.T, pid int) (mebibytes int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &mebibytes); err != nil {
		t.Fatal(err)
	}
	return mebibytes >> 10
}
