package sshconfig

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"baissh/proxy/atomicfile"

	"pgregory.net/rapid"
)

func TestUserHosts(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                nil,
		"Host a\nHost b c\n":              {"a", "b", "c"},
		"host=a\nHOST = b\nHost\tc\t d\n": {"a", "b", "c", "d"},
		"Host a\r\n  Port 1\r\n":          {"a"},
		"Host a*\nHost ?b\nHost !c d\n":   {"d"},
		"Host \"two words\" 'x'\n":        {"two words", "x"},
		"\"Host\" a\n":                    {"a"},
		"Host a # not b\n":                {"a"},
		"Host a#b\n":                      {"a#b"},
		"# Host a\n  #Host b\n":           nil,
		"Host \"a\n":                      nil,
		"Host a a\nHost a\n":              {"a"},
		"  Host a":                        {"a"},
		"HostName a\nHosts b\n":           nil,
		"Match host a\n":                  nil,
		ourBlock + "Host 한글\n":            {"한글"},
		"Host a\\ b\n":                    {"a b"},
		"Host a\f\n":                      {"a"},
		"Host = = a\n":                    {"=", "a"},
	} {
		if got := UserHosts([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("UserHosts(%q) = %q, want %q", text, got, want)
		}
	}
}

// OpenSSH's own reader is the one that counts. Where it gives up on a line,
// it gives up on the file, and there is nothing to agree on.
func TestUserHostsAgreeWithSSH(t *testing.T) {
	for _, line := range []string{
		"Host x", "host=x", "Host = x", "Host =x", "\tHost\tx\t", "\"Host\" x", "Ho\"st\" x",
		"Host\"\" x", "Host \"x\"", "Host 'x'", "Host y x", "Host y # x", "Host y #x", "Host y#x", "Host !x", "Host xy",
		"Host x\r", "Host x\f", "Host \"x y\"", "Host x\\", "Host \\x", "Host \"\"x", "Host x\"\"", " = Host x", "Host y\f x",
	} {
		compareWithSSH(t, line)
	}
	file := filepath.Join(t.TempDir(), "config")
	parts := rapid.SampledFrom([]string{"Host", "x", "x", "y", " ", " ", "\t", "=", `"`, "'", `\`, "#", "\r", "\f", "!"})
	rapid.Check(t, func(r *rapid.T) {
		line := strings.Join(rapid.SliceOfN(parts, 1, 9).Draw(r, "line"), "")
		if err := os.WriteFile(file, []byte(line+"\n  Port 4242\n"), 0o600); err != nil {
			r.Fatal(err)
		}
		compareFile(r, t, file, line)
	})
}

func compareWithSSH(t *testing.T, line string) {
	compareFile(t, t, put(t, filepath.Join(t.TempDir(), "config"), line+"\n  Port 4242\n"), line)
}

func compareFile(f failer, t *testing.T, file, line string) {
	out, err := runG(t, file, "x")
	if err != nil {
		return
	}
	other, _ := runG(t, file, "someone-else") // has the port if the line is no Host line
	const port = "\nport 4242\n"
	want := strings.Contains("\n"+out, port) && !strings.Contains("\n"+other, port)
	names := UserHosts([]byte(line + "\n"))
	if got := slices.Contains(names, "x"); got != want {
		f.Fatalf("UserHosts(%q) = %q, and ssh matches x: %v", line, names, want)
	}
}

func TestUserHostsOfIncludedFiles(t *testing.T) {
	d := newDir(t)
	d.Tilde = true
	outside := put(t, filepath.Join(t.TempDir(), "company config"), "Host company\n")
	put(t, d.Config(), ourBlock+"Host a\nInclude conf.d/* ~/.ssh/more\nInclude missing \""+outside+"\"\nInclude bai/*\nInclude ~/top\n")
	put(t, filepath.Join(d.Path, "conf.d", "one"), "Host one a\nInclude deeper\n")
	put(t, filepath.Join(d.Path, "more"), "Host more\n")
	put(t, filepath.Join(d.Path, "deeper"), "Host deeper\n")
	put(t, filepath.Join(filepath.Dir(d.Path), "top"), "Host top\n")
	put(t, d.BaiConfig(), "Host bai-x\n")

	got, err := d.UserHosts()
	if want := []string{"a", "one", "more", "company", "top"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("UserHosts = %q, %v; want %q", got, err, want)
	}
	d.Tilde = false // then ~/.ssh is another folder, and not to be read
	got, err = d.UserHosts()
	if want := []string{"a", "company"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("UserHosts without Tilde = %q, %v; want %q", got, err, want)
	}
}

func TestUserHostsWithoutAConfig(t *testing.T) {
	d := newDir(t)
	if got, err := d.UserHosts(); got != nil || err != nil {
		t.Errorf("UserHosts = %q, %v; want none", got, err)
	}
	if err := os.MkdirAll(d.Config(), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := d.UserHosts(); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("UserHosts of a folder = %v, want ErrNotRegular", err)
	}
}
