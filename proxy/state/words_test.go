package state

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrintableIsOneHarmlessLine(t *testing.T) {
	tests := map[string]string{
		"train-01":               "train-01",
		"한글":                     "한글",
		"a\nb\rc\x1b[31m\x00":    "a?b?c?[31m?",
		"\xff":                   "?",
		"\u202eright to left":    "?right to left",
		strings.Repeat("x", 300): strings.Repeat("x", maxPrintable-1) + "…",
	}
	for in, want := range tests {
		got := Printable(in)
		if got != want || !utf8.ValidString(got) {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	tests := map[string]string{ // "" is refused
		"https://backend.example.com":      "https://backend.example.com",
		" https://backend.example.com/ ":   "https://backend.example.com",
		"http://127.0.0.1:8081/manager/":   "http://127.0.0.1:8081/manager",
		"https://[::1]:8081":               "https://[::1]:8081",
		"backend.example.com":              "",
		"ftp://backend.example.com":        "",
		"https://":                         "",
		"https://me:secret@example.com":    "",
		"https://example.com/?session=all": "",
		"https://example.com/#top":         "",
		"https://exa mple.com":             "",
	}
	for in, want := range tests {
		u, err := ParseEndpoint(in)
		if want == "" {
			if err == nil {
				t.Errorf("ParseEndpoint(%q) = %s, want an error", in, u)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("ParseEndpoint(%q) tells the password: %v", in, err)
			}
			continue
		}
		if err != nil || u.String() != want {
			t.Errorf("ParseEndpoint(%q) = %v, %v, want %s", in, u, err, want)
		}
	}
}

func TestExposed(t *testing.T) {
	tests := map[string]bool{
		"https://example.com": false, "http://127.0.0.1:8081": false, "http://[::1]": false, "http://localhost": false,
		"http://example.com": true, "http://10.0.0.1": true,
	}
	for in, want := range tests {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Exposed(u); got != want {
			t.Errorf("Exposed(%s) = %v, want %v", in, got, want)
		}
	}
}

// OpenSSH shows 400 bytes of a reason. None of ours is longer.
func TestSentencesFitWhatSSHShows(t *testing.T) {
	long := strings.Repeat("long", 100)
	for _, p := range []*Problem{
		Ended(long), NotReady(long, long), Restarted(long), Refused(long), BusySSH(long), NoAnswer(long), SignIn(long),
		ManagerDown(long), Distrusted(long, errors.New(long)), TooManyRequests(long), BadReply(long, long), WithoutSSH(long), WithoutKey(long), WrongKey(long, long),
		HostKeyMismatch(long), UnusableName(long), NoFreePort(long, 1024, 65535), WithoutSecret(long, "the keyring"),
		ManagerTrouble(long, 502), NotSSH(long), Opening(), Stopping(), PortTaken(long, 65535), PortOfAnother(long, 65535, long), PortStillUsed(long, 65535, long), Fetching(long), SwitchedOff(long), Unknown(long), OtherVersion(long, true), OtherUser(4294967295), FellSilent(long),
	} {
		if n := len(p.Error()); n > 390 || p.Hint == "" || strings.HasSuffix(p.Fact, ".") {
			t.Errorf("%s: %d bytes, hint %q", p.Fact, n, p.Hint)
		}
	}
}

func TestSnapshotHostByAnyName(t *testing.T) {
	s := &Snapshot{Hosts: []Host{
		{Alias: "bai-one", Name: "one", SessionID: "1"},
		{Alias: "bai-two", Name: "two", SessionID: "2"},
		{Alias: "bai-two-x", Name: "two", SessionID: "3"},
	}}
	for word, want := range map[string]string{"bai-one": "1", "one": "1", "2": "2", "bai-two-x": "3", "two": "", "three": ""} {
		h, ok := s.Host(word)
		if h.SessionID != want || ok != (want != "") {
			t.Errorf("Host(%q) = %+v, %v, want session %q", word, h, ok, want)
		}
	}
}
