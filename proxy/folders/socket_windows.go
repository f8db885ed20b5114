package folders

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"golang.org/x/sys/windows"
)

// Socket is the pipe on which the engine is spoken with. All pipes of a machine
// lie in one folder, so the name is made of whose engine and of which home it is.
func (h Home) Socket() string {
	sum := sha256.Sum256([]byte(userSID() + "\x00" + strings.ToLower(h.Runtime)))
	return `\\.\pipe\baissh-` + hex.EncodeToString(sum[:8])
}

// userSID only has to tell users apart: who may open the pipe is decided there.
func userSID() string {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return ""
	}
	return user.User.Sid.String()
}

// shortEnough has nothing to do: the names of pipes are short.
func shortEnough(dir string) string { return dir }
