//go:build unix

package folders

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Socket is where the engine is spoken with.
func (h Home) Socket() string { return filepath.Join(h.Runtime, "control.sock") }

// maxSocketDir keeps socket paths within sockaddr_un, which has 104 bytes on macOS.
const maxSocketDir = 80

// shortEnough moves a folder of sockets to a name in the system's folder for
// temporary files that only this path leads to, where its own is too long.
func shortEnough(dir string) string {
	if len(dir) <= maxSocketDir {
		return dir
	}
	sum := sha256.Sum256([]byte(dir))
	name := fmt.Sprintf("baissh-%d-%s", os.Getuid(), hex.EncodeToString(sum[:6]))
	if short := filepath.Join(os.TempDir(), name); len(short) <= maxSocketDir {
		return short
	}
	return filepath.Join("/tmp", name)
}
