package filezilla

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"baissh/proxy/state"
)

// holdVar makes the test binary another program, which holds one of
// FileZilla's locks until its input ends.
const holdVar = "BAISSH_TEST_HOLD"

func TestMain(m *testing.M) {
	if what := os.Getenv(holdVar); what != "" {
		hold(what)
		return
	}
	os.Exit(m.Run())
}

// hold takes a lock and says so, or with "?" before it says whether it is held.
func hold(what string) {
	number, dir, _ := strings.Cut(strings.TrimPrefix(what, "?"), ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	l, err := openLocks(dir)
	if err != nil {
		panic(err)
	}
	if strings.HasPrefix(what, "?") {
		fmt.Println(l.held(mutex(n)))
		return
	}
	fmt.Println(l.try(mutex(n)))
	_, _ = io.Copy(io.Discard, os.Stdin)
	l.release(mutex(n))
}

// holder is another process that holds a lock; end lets go of it.
func holder(t *testing.T, m mutex, dir string) (end func()) {
	t.Helper()
	cmd := helper(fmt.Sprintf("%d:%s", m, dir))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = func() {
		in.Close()
		_ = cmd.Wait()
	}
	t.Cleanup(end)
	if line, err := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "true <nil>" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return end
}

func helper(what string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVar+"="+what)
	return cmd
}

// isHeld is what another process sees.
func isHeld(t *testing.T, m mutex, dir string) bool {
	t.Helper()
	out, err := helper(fmt.Sprintf("?%d:%s", m, dir)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out)) == "true <nil>"
}

func TestSiteManagerOpenIsWaitedFor(t *testing.T) {
	onlyWithPuttyFile(t)
	w := ran(t, "3.63.0")
	put(t, w.file(sitesFile), "<FileZilla3/>")
	closeIt := holder(t, managerIsUp, w.settingsDir())
	got := w.Write(t.Context(), []state.Entry{one})
	wantState(t, got, "waiting", "FileZilla's Site Manager is open; the sites are written when it is closed")
	wantText(t, w.file(sitesFile), "<FileZilla3/>")
	if !strings.Contains(content(t, w.puttyStore()), pins([]state.Entry{one})[0].Name) {
		t.Error("the host key has to wait, too")
	}
	if err := w.Undo(t.Context()); err != nil {
		t.Errorf("Undo of nothing: %v", err)
	}
	closeIt()
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "")

	holder(t, managerIsUp, w.settingsDir())
	wantState(t, w.Write(t.Context(), []state.Entry{one}), "written", "") // there is nothing to write
	if err := w.Undo(t.Context()); !state.IsCode(err, ManagerOpen) {
		t.Errorf("Undo = %v, want that the Site Manager is open", err)
	}
}

func TestFileZillaBusyWithAFile(t *testing.T) {
	onlyWithPuttyFile(t)
	for m, version := range map[mutex]string{siteManager: "3.63.0", hostKeyStore: "3.71.0"} {
		w := ran(t, version)
		end := holder(t, m, w.settingsDir())
		wantState(t, w.Write(t.Context(), []state.Entry{one}), "waiting", "FileZilla is busy")
		if exists(w.file(sitesFile)) {
			t.Error("the sites were written before the keys")
		}
		done := make(chan state.Writer)
		go func() { done <- w.Write(t.Context(), []state.Entry{one}) }()
		end() // FileZilla has finished within the second
		wantState(t, <-done, "written", "")
	}
}

// FileZilla sees what we do, and is never told that another Site Manager is open.
func TestOnlyTheLockOfTheFileIsTaken(t *testing.T) {
	dir := t.TempDir()
	err := locked(t.Context(), dir, siteManager, func() error {
		if !isHeld(t, siteManager, dir) || isHeld(t, managerIsUp, dir) || isHeld(t, hostKeyStore, dir) {
			t.Error("another process sees other locks than the one of the sites")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if isHeld(t, siteManager, dir) {
		t.Error("the lock is held for longer than the work")
	}
}
