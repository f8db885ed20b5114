package backendaitest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Servers that log users in find their homes, and Dropbear their keys too, by
// /etc/passwd alone. So ours see another one, in a mount namespace of their own:
// there the user has the container's account and home.

// canReplacePasswd reports whether this machine lets us. Most let every user.
var canReplacePasswd = sync.OnceValue(func() bool {
	return withFiles("/etc/passwd", "/etc/group", "true").Run() == nil
})

// serverCommand is a command that logs users in to the container.
func (c *container) serverCommand(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	if canReplacePasswd() {
		passwd, group := filepath.Join(c.config, "passwd"), filepath.Join(c.config, "group")
		entry := fmt.Sprintf("%s:x:%d:%d::%s:%s\n", c.account, os.Getuid(), os.Getgid(), c.home, shellPath())
		if err := rewrite("/etc/passwd", passwd, c.account, entry); err != nil {
			return &exec.Cmd{Err: err}
		}
		// Terminals would belong to this group, which only root can give them to.
		if err := rewrite("/etc/group", group, "tty", ""); err != nil {
			return &exec.Cmd{Err: err}
		}
		cmd = withFiles(passwd, group, append([]string{path}, args...)...)
	}
	return c.withServerEnviron(cmd)
}

// rewrite copies a file with one entry changed. The new one comes first, so that
// it is the user's name too, and not only the account's id.
func rewrite(from, to, name, entry string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, name+":") {
			entry += line
		}
	}
	return os.WriteFile(to, []byte(entry), 0o644)
}

// withFiles is a command that sees these files as /etc/passwd and /etc/group. Who
// is not root is root of a user namespace for the moment of mounting, and then
// itself again in another.
func withFiles(passwd, group string, command ...string) *exec.Cmd {
	const script = `mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/group && shift && exec "$@"`
	args := []string{"--mount", "sh", "-c", script, passwd, group}
	if os.Getuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
		args = append(args, "unshare", "--user", "--map-user="+strconv.Itoa(os.Getuid()), "--map-group="+strconv.Itoa(os.Getgid()))
	}
	return exec.Command("unshare", append(args, command...)...)
}
