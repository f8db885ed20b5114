package control

import (
	"errors"
	"io/fs"
	"os"
)

// checkOwner relies on the folder's place inside the user's profile.
func checkOwner(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return ErrNoEngine
	} else if err != nil {
		return err
	}
	return nil
}
