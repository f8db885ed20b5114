package backendaitest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// furnish writes the files that a container has from its start.
func (c *container) furnish() error {
	keys := filepath.Dir(c.authorizedKeys())
	err := errors.Join(os.MkdirAll(keys, 0o700), os.MkdirAll(c.config, 0o700))
	if err == nil {
		err = os.WriteFile(c.authorizedKeys(), []byte(c.session.authorizedKeys()), 0o600)
	}
	if key := c.session.Key(); err == nil && key != nil {
		err = os.WriteFile(filepath.Join(c.home, "id_container"), key, 0o600)
	}
	return err
}

func (c *container) authorizedKeys() string { return filepath.Join(c.home, ".ssh", "authorized_keys") }

// authorizedKeys are the lines of that file: the session's key and one more.
func (e *Session) authorizedKeys() string {
	var lines string
	if e.spec.Key != KeyMissing {
		lines = e.key.authorized + "\n"
	}
	if e.spec.AuthorizedKey != "" {
		lines += e.spec.AuthorizedKey + "\n"
	}
	return lines
}

// environ is all that programs in a container see of the environment. With the
// container's home for HOME, no dotfile of the user is read.
func (c *container) environ(term string, sent []string) []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home, "SHELL=" + shellPath(),
		"USER=" + c.account, "LOGNAME=" + c.account, c.mark(),
		"BACKENDAI_CLUSTER_HOST=" + c.host,
	}
	if term != "" {
		env = append(env, "TERM="+term)
	}
	if lang := os.Getenv("LANG"); lang != "" {
		env = append(env, "LANG="+lang)
	}
	for _, v := range sent {
		if strings.HasPrefix(v, "LANG") || strings.HasPrefix(v, "LC_") {
			env = append(env, v)
		}
	}
	return append(env, systemEnviron(c.home)...)
}

// systemEnviron is what nothing works without on Windows.
func systemEnviron(home string) []string {
	if runtime.GOOS != "windows" {
		return nil
	}
	env := []string{"USERPROFILE=" + home}
	for _, name := range []string{"SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP"} {
		env = append(env, name+"="+os.Getenv(name))
	}
	return env
}

// withServerEnviron gives a command what a server, and not those it logs in, needs.
func (c *container) withServerEnviron(cmd *exec.Cmd) *exec.Cmd {
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), c.mark()}
	return cmd
}

// mark is in the environment of the container's programs, and of no other's.
func (c *container) mark() string { return "BACKENDAITEST_HOME=" + c.home }
