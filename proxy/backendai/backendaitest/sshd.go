package backendaitest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// startSSHD runs the machine's sshd with a configuration of our own.
func startSSHD(c *container) (sshServer, error) {
	path, err := findProgram("sshd")
	if err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		os.Mkdir("/run/sshd", 0o755) // sshd wants it, and says so if it is missing still
	}
	if err := os.WriteFile(c.sshdKey(), c.hostKey.openSSH(), 0o600); err != nil {
		return nil, err
	}
	return c.launch("sshd", func(address string) *exec.Cmd {
		file := filepath.Join(c.config, "sshd_config")
		if err := os.WriteFile(file, []byte(c.sshdConfig(address)), 0o600); err != nil {
			return &exec.Cmd{Err: err}
		}
		return c.serverCommand(path, "-D", "-e", "-f", file)
	})
}

func (c *container) sshdKey() string { return filepath.Join(c.config, "ssh_host_rsa_key") }

func (c *container) sshdConfig(address string) string {
	host, port, _ := net.SplitHostPort(address)
	env := `"` + c.mark() + `"`
	if !canReplacePasswd() {
		env += ` "HOME=` + c.home + `"` // the user's own folder is where a login begins, but its dotfiles stay unread
	}
	return fmt.Sprintf(sshdConfig, host, port, c.sshdKey(), c.authorizedKeys(), env, c.home)
}

const sshdConfig = `ListenAddress %s
Port %s
HostKey "%s"
HostKeyAlgorithms rsa-sha2-256,rsa-sha2-512
AuthorizedKeysFile "%s"
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PidFile none
PrintMotd no
PrintLastLog no
AcceptEnv LC_* LANG
SetEnv %s
Subsystem sftp internal-sftp -d "%s"
`
