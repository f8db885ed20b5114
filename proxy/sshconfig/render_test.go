package sshconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/state"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

func TestRenderedText(t *testing.T) {
	d := Dir{Path: "/home/me/.ssh", Tilde: true}
	want := `# written by baissh; changes made here are lost

Host bai-demo
    HostName 127.0.0.1
    Port 22022
    User work
    AddressFamily inet
    ConnectTimeout 20
    IdentityFile "~/.ssh/bai/keys/bai-demo"
    IdentitiesOnly yes
    PubkeyAuthentication yes
    PreferredAuthentications publickey
    HostKeyAlias bai-demo
    UserKnownHostsFile "~/.ssh/bai/known_hosts"
    StrictHostKeyChecking yes
    HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256
    CheckHostIP no
    UpdateHostKeys no
    ProxyCommand none
    ControlMaster no
    ControlPath none
    ForwardAgent no
    ServerAliveInterval 30
`
	if diff := cmp.Diff(want, render(t, d, demo(d))); diff != "" {
		t.Errorf("Render (-want +got):\n%s", diff)
	}
}

// hostile is what a user may have for all hosts.
const hostile = `
Host *
    HostName 192.0.2.1
    User nobody
    Port 2200
    AddressFamily inet6
    ConnectTimeout 1
    IdentityFile /elsewhere/id
    IdentitiesOnly no
    PubkeyAuthentication no
    PreferredAuthentications password
    ProxyJump bastion
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    HostKeyAlias other
    HostKeyAlgorithms ssh-ed25519
    CheckHostIP yes
    UpdateHostKeys yes
    ControlMaster auto
    ControlPath /tmp/%r@%h
    ForwardAgent yes
    ServerAliveInterval 0
`

func TestNothingInHostStarReachesOurHosts(t *testing.T) {
	d := newDir(t)
	put(t, d.BaiConfig(), render(t, d, demo(d)))
	config, err := AddInclude([]byte(hostile), d)
	if err != nil {
		t.Fatal(err)
	}
	got := sshG(t, put(t, d.Config(), string(config)), "bai-demo")
	for name, want := range map[string]string{
		"hostname": "127.0.0.1", "port": "22022", "user": "work", "addressfamily": "inet",
		"connecttimeout": "20", "identitiesonly": "yes", "pubkeyauthentication": "true",
		"preferredauthentications": "publickey", "hostkeyalias": "bai-demo",
		"userknownhostsfile": d.KnownHosts(), "stricthostkeychecking": "true",
		"hostkeyalgorithms": "rsa-sha2-512,rsa-sha2-256", "checkhostip": "no", "updatehostkeys": "false",
		"proxycommand": "", "proxyjump": "", "controlmaster": "false", "controlpath": "",
		"forwardagent": "no", "serveraliveinterval": "30",
	} {
		wantOption(t, got, name, want)
	}
	if got["identityfile"][0] != d.KeyFile("bai-demo") {
		t.Errorf("first identityfile is %q, want ours", got["identityfile"][0])
	}
	wantOption(t, sshG(t, d.Config(), "elsewhere"), "port", "2200")
}

func TestHostKeyAlgorithmsFollowThePinnedKey(t *testing.T) {
	for kind, key := range hostKeys() {
		d := newDir(t)
		e := demo(d)
		e.HostKey = key
		want := kind
		if kind == ssh.KeyAlgoRSA {
			want = "rsa-sha2-512,rsa-sha2-256"
		}
		got := sshG(t, put(t, d.BaiConfig(), render(t, d, e)), e.Alias)
		wantOption(t, got, "hostkeyalgorithms", want)
	}
}

func TestHostWithoutAPinNamesNoAlgorithms(t *testing.T) {
	d := newDir(t)
	e := demo(d)
	e.HostKey = ""
	if text := render(t, d, e); strings.Contains(text, "HostKeyAlgorithms") {
		t.Errorf("Render without a pinned key:\n%s", text)
	}
}

func TestAgentMayOfferItsKeys(t *testing.T) {
	d := newDir(t)
	e := demo(d)
	e.IdentityFile = ""
	file := put(t, d.BaiConfig(), render(t, d, e)+"\nHost *\n    IdentitiesOnly yes\n")
	wantOption(t, sshG(t, file, e.Alias), "identitiesonly", "no")
}

func TestWarnWeakCryptoOnlyWhenTold(t *testing.T) {
	d := newDir(t)
	for _, told := range []bool{false, true} {
		text, err := Render(d, []state.Entry{demo(d)}, Options{WarnWeakCrypto: told})
		if got := strings.Contains(string(text), "    WarnWeakCrypto no-pq-kex\n"); got != told || err != nil {
			t.Errorf("Render(WarnWeakCrypto: %v) has the line: %v, %v", told, got, err)
		}
	}
}

// What ssh reads back is the path that was meant, whatever is in it.
func TestPathsArriveInSSH(t *testing.T) {
	for _, name := range []string{
		"plain", "two words", "per%cent", "%d", `quo"te`, `back\slash`, `\"`, `end\`,
		"it's", "hash # tag", "홍 길동", "$HOME", "a=b", "*", "[x]", "~", "-F", "none", "$(id)", "`id`",
	} {
		d := Dir{Path: filepath.Join(t.TempDir(), name, ".ssh")}
		e := demo(d)
		e.IdentityFile = filepath.Join(d.Path, name)
		got := sshG(t, put(t, filepath.Join(t.TempDir(), "config"), render(t, d, e)), e.Alias)
		if got, want := got["identityfile"][0], percents.Replace(e.IdentityFile); got != want && got != e.IdentityFile {
			t.Errorf("identityfile is %q for ssh, want %q", got, want)
		}
		wantOption(t, got, "port", "22022")
	}
}

func TestHomeInPathsIsTildeOnlyWhereSSHMeansIt(t *testing.T) {
	d := Dir{Path: "/home/me/.ssh", Tilde: true}
	for path, want := range map[string]string{
		"/home/me/.ssh/id_x":      `IdentityFile "~/.ssh/id_x"`,
		"/home/me/.sshx/id_x":     `IdentityFile "/home/me/.sshx/id_x"`,
		"/home/me/.ssh/../x":      `IdentityFile "/home/me/.ssh/../x"`,
		"/media/key/id_x":         `IdentityFile "/media/key/id_x"`,
		"/home/me/.ssh/100%/id_x": `IdentityFile "~/.ssh/100%%/id_x"`,
	} {
		e := demo(d)
		e.IdentityFile = path
		if text := render(t, d, e); !strings.Contains(text, "    "+want+"\n") {
			t.Errorf("Render of %s lacks %s:\n%s", path, want, text)
		}
	}
	d.Tilde = false
	if text := render(t, d, demo(d)); strings.Contains(text, "~") {
		t.Errorf("Render without Tilde names ~:\n%s", text)
	}
}

func TestOneBadEntryLeavesTheOthers(t *testing.T) {
	d := newDir(t)
	for name, change := range map[string]func(*state.Entry){
		"alias with a newline":      func(e *state.Entry) { e.Alias = "bai-x\nProxyCommand sh" },
		"alias ending in a newline": func(e *state.Entry) { e.Alias = "bai-x\n" },
		"alias with a star":         func(e *state.Entry) { e.Alias = "bai-*" },
		"alias with a dash first":   func(e *state.Entry) { e.Alias = "-oProxyCommand=sh" },
		"alias in Hangul":           func(e *state.Entry) { e.Alias = "bai-훈련" },
		"alias in capitals":         func(e *state.Entry) { e.Alias = "BAI-X" },
		"alias too long":            func(e *state.Entry) { e.Alias = strings.Repeat("x", 64) },
		"alias empty":               func(e *state.Entry) { e.Alias = "" },
		"alias twice":               func(e *state.Entry) { e.Alias = "bai-demo" },
		"port 0":                    func(e *state.Entry) { e.Port = 0 },
		"port too high":             func(e *state.Entry) { e.Port = 65536 },
		"account with a space":      func(e *state.Entry) { e.Account = "work ProxyCommand=sh" },
		"account with a newline":    func(e *state.Entry) { e.Account = "work\n" },
		"account with a percent":    func(e *state.Entry) { e.Account = "%u" },
		"account with a dash first": func(e *state.Entry) { e.Account = "-l" },
		"account empty":             func(e *state.Entry) { e.Account = "" },
		"key file relative":         func(e *state.Entry) { e.IdentityFile = "id_x" },
		"key file expanded":         func(e *state.Entry) { e.IdentityFile = "/x/${HOME}/id" },
		"key file with a newline":   func(e *state.Entry) { e.IdentityFile = "/x/\nProxyCommand sh" },
		"key file with a tab":       func(e *state.Entry) { e.IdentityFile = "/x/\ty" },
		"host key with options":     func(e *state.Entry) { e.HostKey = `command="sh" ` + edwardsKey() },
		"host key with a comment":   func(e *state.Entry) { e.HostKey = edwardsKey() + " me" },
		"host key with a newline":   func(e *state.Entry) { e.HostKey = edwardsKey() + "\n" },
		"host key after a newline":  func(e *state.Entry) { e.HostKey = "\n" + edwardsKey() },
		"two host keys":             func(e *state.Entry) { e.HostKey = edwardsKey() + "\n" + edwardsKey() },
		"host key of another type":  func(e *state.Entry) { e.HostKey = strings.Replace(edwardsKey(), "ssh-ed25519", "ssh-rsa", 1) },
		"host key of no type":       func(e *state.Entry) { e.HostKey = "x" },
		"host key with a dss":       func(e *state.Entry) { e.HostKey = "ssh-dss AAAAB3NzaC1kc3M=" },
	} {
		bad := state.Entry{Alias: "bai-x", Port: 22023, Account: "work", HostKey: edwardsKey()}
		change(&bad)
		text, err := Render(d, []state.Entry{demo(d), bad}, Options{})
		if got := string(text); got != render(t, d, demo(d)) {
			t.Errorf("%s: Render gives\n%s, want the good entry alone", name, got)
		}
		var refused *state.EntryError
		if !errors.As(err, &refused) || refused.Alias != bad.Alias || refused.Fact == "" {
			t.Errorf("%s: Render error = %v, want one that names %q", name, err, bad.Alias)
		}
		if strings.ContainsAny(fmt.Sprint(err), "\n\t") {
			t.Errorf("%s: error %q has control characters", name, err)
		}
	}
}

func TestHostKeyOfAKindThatOldSSHDoesNotKnow(t *testing.T) {
	d := newDir(t)
	e := demo(d)
	// A FIDO key: fatal in HostKeyAlgorithms before 8.2.
	e.HostKey = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIN4O8Nw0RYvmVQ6rQzxDJnnX5aZsvPFvCWhBvW6bcYAfAAAABHNzaDo="
	if text, err := Render(d, []state.Entry{e}, Options{}); string(text) != header || err == nil {
		t.Errorf("Render(sk key) = %q, %v; want no host and an error", text, err)
	}
}

func TestFolderThatSSHWouldExpand(t *testing.T) {
	d := Dir{Path: "/home/${USER}/.ssh"}
	text, err := Render(d, nil, Options{})
	if text != nil || !state.IsCode(err, FolderUnusable) {
		t.Errorf("Render in %s = %q, %v; want a FolderUnusable problem", d.Path, text, err)
	}
	d.Tilde = true // then the home is not spelled out
	if _, err := Render(d, []state.Entry{demo(d)}, Options{}); err != nil {
		t.Errorf("Render with Tilde in %s = %v, want nil", d.Path, err)
	}
}
