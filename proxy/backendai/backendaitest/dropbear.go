package backendaitest

import (
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/crypto/ssh"
)

// startDropbear runs the machine's dropbear with the flags that containers have.
func startDropbear(c *container) (sshServer, error) {
	path, err := findProgram("dropbear")
	if err != nil {
		return nil, err
	}
	if !canReplacePasswd() { // its -D of 2025 is no help: it takes no folder below /tmp
		return nil, errors.New("start dropbear: it reads the user's own authorized_keys, which are not ours to change;" +
			" it takes Linux and a user who may mount, such as root, to show it others")
	}
	key := filepath.Join(c.config, "dropbear_rsa_host_key")
	if err := os.WriteFile(key, c.hostKey.dropbear(), 0o600); err != nil {
		return nil, err
	}
	return c.launch("dropbear", func(address string) *exec.Cmd {
		return c.serverCommand(path, "-F", "-E", "-s", "-K", "15", "-I", "0", "-r", key, "-p", address,
			"-P", filepath.Join(c.config, "dropbear.pid"),
			"-e") // passes the container's mark on
	})
}

// dropbear is the private key in the form of Dropbear's key files.
func (k *sshKey) dropbear() []byte {
	return ssh.Marshal(&struct {
		Name          string
		E, N, D, P, Q *big.Int
	}{
		ssh.KeyAlgoRSA, big.NewInt(int64(k.private.E)), k.private.N,
		k.private.D, k.private.Primes[0], k.private.Primes[1],
	})
}
