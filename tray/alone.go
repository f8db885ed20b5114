package tray

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrSecond says that this desktop session has a tray already.
var ErrSecond = fmt.Errorf("the tray is already running")

// alone keeps a second tray out of this desktop session. The lock ends with the
// process, however that ends.
func (t *Tray) alone() (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(t.Lock), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(t.Lock + desktopSession() + ".lock")
	held, err := lock.TryLock()
	if err == nil && !held {
		err = ErrSecond
	}
	return lock, err
}
