package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
)

// asUser is what a user types, on an account that exists only here: the test
// puts another passwd file over the machine's, in a mount namespace.
const asUser = `set -eu
cd "$HOME"
baissh login "$MANAGER" --access-key "$ACCESS_KEY" --secret-key-stdin --write-ssh-config=yes <secret >login.out 2>login.err
baissh run 2>run.err &
engine=$!
trap 'kill $engine; wait $engine' EXIT
tries=0
until baissh status --json 2>/dev/null | grep -q '"state":"ready"'; do
	tries=$((tries + 1)); [ $tries -lt 300 ] || { cat run.err >&2; exit 1; }
	sleep 0.1
done
ssh -o BatchMode=yes bai-demo 'echo $USER'
`

// Plain "ssh bai-demo", through the user's own ~/.ssh/config and nothing else.
func TestAsAnotherUser(t *testing.T) {
	need(t, "ssh", "setpriv", "unshare", "go")
	if err := exec.Command("unshare", "--mount", "setpriv", "--reuid", "54321", "true").Run(); err != nil {
		t.Skipf("needs root, which CI is: %v", err)
	}
	manager, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	if _, err := manager.CreateSession(demoSpec); err != nil {
		t.Fatal(err)
	}
	home := userHome(t, manager)
	access, _ := manager.KeyPair()
	cmd := exec.Command("unshare", "--mount", "sh", "-ec",
		`mount --bind "$1/passwd" /etc/passwd; exec setpriv --reuid 54321 --regid 54321 --clear-groups sh "$1/as-user"`, "sh", home)
	cmd.Dir = "/"
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + home + "/bin:" + os.Getenv("PATH"), "MANAGER=" + manager.URL(), "ACCESS_KEY=" + access,
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil || string(out) != "work\n" || complaint.Len() > 0 {
		t.Errorf("got %q, %q, %v, want \"work\" and not a word more", out, complaint.String(), err)
	}
}

// userHome makes the home of the user researcher, with the built program in it.
func userHome(t *testing.T, manager *backendaitest.Server) string {
	t.Helper()
	home := shortDir(t)
	built(t, home)
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	_, secret := manager.KeyPair()
	for name, text := range map[string]string{
		"as-user": asUser, "secret": secret,
		"passwd": string(passwd) + fmt.Sprintf("researcher:x:54321:54321::%s:/bin/sh\n", home),
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "-R", "54321:54321", home).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return home
}

// built is baissh as it is shipped, in a home's folder bin.
func built(t *testing.T, home string) (program string) {
	t.Helper()
	program = filepath.Join(home, "bin", "baissh")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build baissh: %v\n%s", err, out)
	}
	return program
}
