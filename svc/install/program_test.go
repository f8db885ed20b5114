package install

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A link is what stays when the program behind it is replaced.
func TestProgramKeepsLinks(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "baissh-1.2.3.exe"), filepath.Join(dir, "baissh.exe")
	if err := os.WriteFile(real, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Skipf("needs symbolic links, which Windows keeps from users: %v", err)
	}
	t.Chdir(dir)
	var unstable *UnstableError // which a test's folder is
	if got, err := Program("./baissh.exe"); !errors.As(err, &unstable) || filepath.Base(unstable.Program) != "baissh.exe" || !filepath.IsAbs(unstable.Program) {
		t.Errorf("Program(./baissh.exe) = %q, %v, want the link, refused for its folder", got, err)
	}
}

func TestProgramsThatWillNotStay(t *testing.T) {
	home := filepath.Join(filepath.VolumeName(os.TempDir())+string(filepath.Separator), "home", "somebody") // ours may be a temporary one
	for _, name := range []string{"HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		filepath.Join(os.TempDir(), "go-build123", "b001", "exe", "baissh"): true,
		filepath.Join(cache, "go-build", "ab", "abcdef-d", "baissh"):        true,
		filepath.Join(os.TempDir()+"-not", "baissh"):                        false,
		filepath.Join(filepath.Dir(cache), "bin", "baissh"):                 false,
	} {
		if got := temporary(path); got != want {
			t.Errorf("temporary(%q) = %v, want %v", path, got, want)
		}
	}
	if runtime.GOOS != "windows" && (temporary("/usr/local/bin/baissh") || !temporary("/tmp/baissh")) {
		t.Error("/usr/local/bin stays, and /tmp does not")
	}
}
