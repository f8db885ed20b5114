package sshconfig

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"baissh/proxy/state"
)

// fakeSSH is a program that runs a line of shell.
func fakeSSH(t *testing.T, script string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := put(t, filepath.Join(t.TempDir(), "ssh"), "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// realSSH is the machine's own, behind a line of shell that may decide first.
func realSSH(t *testing.T, script string) string {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("needs OpenSSH's ssh")
	}
	return fakeSSH(t, script+"\nexec "+program+` "$@"`)
}

// counting counts how often ssh is asked.
func counting(w *Writer) *int {
	n := new(int)
	w.runSSH = func(ctx context.Context, program string, args ...string) ([]byte, error) {
		if !slices.Contains(args, "none") {
			*n++
		}
		return runSSH(ctx, program, args...)
	}
	return n
}

func programs(paths ...string) func() []string { return func() []string { return paths } }

func TestTextThatOneSSHRefusesIsNotSwappedIn(t *testing.T) {
	good := fakeSSH(t, "echo port 22022")
	bad := fakeSSH(t, "echo 'line 3: Bad configuration option: x' >&2; exit 255")
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: programs(good)}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
	before := read(t, w.Dir.BaiConfig())

	w.Programs = programs(good, bad)
	other := demo(w.Dir)
	other.Account = "other"
	got := w.Write(t.Context(), []state.Entry{other})
	wantState(t, got, "failed", "Bad configuration option: x")
	wantText(t, w.Dir.BaiConfig(), before)
	if exists(w.Dir.candidate()) {
		t.Error("the candidate is left")
	}
}

func TestEntryThatOneSSHRefusesIsLeftOut(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: programs(realSSH(t, `grep -q "User odd" "$3" && { echo odd user >&2; exit 255; }`))}
	odd := state.Entry{Alias: "bai-a", Port: 22023, Account: "odd", HostKey: rsaKey()}
	asked := counting(w)
	wantState(t, w.Write(t.Context(), []state.Entry{odd, demo(w.Dir)}), "written", "odd user")
	wantText(t, w.Dir.BaiConfig(), render(t, w.Dir, demo(w.Dir)))
	wantOption(t, sshG(t, w.Dir.Config(), "bai-demo"), "port", "22022")

	*asked = 0 // the same question has the same answer
	wantState(t, w.Write(t.Context(), []state.Entry{odd, demo(w.Dir)}), "written", "odd user")
	if *asked != 0 {
		t.Errorf("ssh was asked %d times again", *asked)
	}
}

// Then it is not the entries, and an empty text would be worse than an old one.
func TestAllEntriesRefusedLeavesTheOldText(t *testing.T) {
	w := &Writer{Dir: newDir(t), Mode: Include}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	before := read(t, w.Dir.BaiConfig())
	w.Programs = programs(realSSH(t, `grep -q "^Host " "$3" && { echo too old >&2; exit 255; }`))
	other := state.Entry{Alias: "bai-other", Port: 1, Account: "work"}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir), other}), "failed", "too old")
	wantText(t, w.Dir.BaiConfig(), before)
}

func TestIncludeThatSSHDoesNotFollowIsNotLeftThere(t *testing.T) {
	blind := realSSH(t, `grep -q ^Include "$3" && { echo port 22; exit 0; }`)
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: programs(blind)}
	put(t, w.Dir.Config(), "Host mine\n")
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "failed", "does not find bai-demo")
	wantText(t, w.Dir.Config(), "Host mine\n")
}

func TestSSHThatHangsIsEnded(t *testing.T) {
	hanging := fakeSSH(t, "exec sleep 60")
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: programs(hanging)}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wantState(t, w.Write(ctx, []state.Entry{demo(w.Dir)}), "failed", "did not answer")
	if exists(w.Dir.BaiConfig()) {
		t.Error("a text that no ssh has read was swapped in")
	}
}

func TestSSHThatDoesNotStartHasNoSay(t *testing.T) {
	broken := put(t, filepath.Join(t.TempDir(), "ssh"), "\x7fELF no")
	if err := os.Chmod(broken, 0o700); err != nil {
		t.Fatal(err)
	}
	w := &Writer{Dir: newDir(t), Mode: Include, Programs: programs(broken)}
	wantState(t, w.Write(t.Context(), []state.Entry{demo(w.Dir)}), "written", "")
}

func TestWarnWeakCryptoNeedsEverySSH(t *testing.T) {
	knows := fakeSSH(t, "echo port 22022")
	not := fakeSSH(t, `case "$*" in *WarnWeakCrypto=*) echo "Bad option" >&2; exit 255;; esac; echo port 22022`)
	for _, tc := range []struct {
		programs []string
		want     bool
	}{
		{[]string{knows}, true}, {[]string{not}, false}, {[]string{knows, not}, false}, {nil, false},
	} {
		w := &Writer{Dir: newDir(t), Programs: programs(tc.programs...)}
		w.Write(t.Context(), []state.Entry{demo(w.Dir)})
		if got := strings.Contains(read(t, w.Dir.BaiConfig()), "WarnWeakCrypto no-pq-kex\n"); got != tc.want {
			t.Errorf("with %d programs the line is there: %v, want %v", len(tc.programs), got, tc.want)
		}
	}
}

func TestEachBuildOfSSHIsProbedOnce(t *testing.T) {
	w := &Writer{Dir: newDir(t), Programs: programs(fakeSSH(t, "echo port 22022"))}
	probes := 0
	w.runSSH = func(ctx context.Context, program string, args ...string) ([]byte, error) {
		if slices.Contains(args, "WarnWeakCrypto=no-pq-kex") {
			probes++
		}
		return []byte("port 22022\n"), nil
	}
	for range 3 {
		w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	}
	if probes != 1 {
		t.Errorf("ssh was probed %d times, want once", probes)
	}
	if err := os.Chtimes(w.Programs()[0], time.Unix(1, 0), time.Unix(1, 0)); err != nil { // an upgrade
		t.Fatal(err)
	}
	w.Write(t.Context(), []state.Entry{demo(w.Dir)})
	if probes != 2 {
		t.Errorf("ssh was probed %d times after an upgrade, want twice", probes)
	}
}

func TestEverySSHOnPathIsFoundOnce(t *testing.T) {
	a, b := fakeSSH(t, ""), fakeSSH(t, "")
	linked := filepath.Join(t.TempDir(), "ssh")
	if err := os.Symlink(a, linked); err != nil {
		t.Fatal(err)
	}
	plain := put(t, filepath.Join(t.TempDir(), "ssh"), "not a program")
	t.Setenv("PATH", strings.Join([]string{filepath.Dir(a), filepath.Dir(linked), "", ".", filepath.Dir(plain), filepath.Dir(b)}, ":"))
	got := sshPrograms()
	if len(got) < 2 || got[0] != a || got[1] != b || slices.Contains(got, linked) || slices.Contains(got, plain) {
		t.Errorf("sshPrograms = %q, want %q and %q first", got, a, b)
	}
}

func TestComplaintIsOneCleanLine(t *testing.T) {
	_, err := runSSH(t.Context(), fakeSSH(t, `printf '\033[31mfirst\007\nsecond\n' >&2; exit 3`))
	var c *complaintError
	if !errors.As(err, &c) || c.words != "?[31mfirst?" {
		t.Errorf("runSSH = %v, want the first line without control characters", err)
	}
}
