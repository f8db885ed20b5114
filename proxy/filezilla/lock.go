package filezilla

import (
	"context"
	"sync"
	"time"
)

// A mutex is one of those by which several FileZillas keep out of each other's
// way. Their numbers never change.
type mutex int64

const (
	siteManager  mutex = 2  // held while sitemanager.xml is read or written
	managerIsUp  mutex = 3  // held while the Site Manager is open; we only look
	hostKeyStore mutex = 14 // held while hostkeys.xml is read or written
)

// lockFor is how long a mutex is tried for. FileZilla has it for the time of
// one load or save.
const lockFor = time.Second

// ours guards the lock file. Closing any descriptor of it drops all locks that
// this process has in it.
var ours sync.Mutex

// locked calls do with FileZilla's mutex held, or says why it cannot be had.
// FileZilla's windows stand still meanwhile, so do is short.
func locked(ctx context.Context, dir string, m mutex, do func() error) error {
	ours.Lock()
	defer ours.Unlock()
	l, err := openLocks(dir)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.mayWrite(m); err != nil {
		return err
	}
	if err := l.take(ctx, m); err != nil {
		return err
	}
	defer l.release(m)
	if err := l.mayWrite(m); err != nil { // the window may have come up since
		return err
	}
	return do()
}

// mayWrite says no while the Site Manager is open: with OK it writes back what
// it read before us.
func (l *locks) mayWrite(m mutex) error {
	if m != siteManager {
		return nil
	}
	held, err := l.held(managerIsUp)
	if err == nil && held {
		return managerOpen()
	}
	return err
}

func (l *locks) take(ctx context.Context, m mutex) error {
	give := time.NewTimer(lockFor)
	defer give.Stop()
	for pause := 10 * time.Millisecond; ; pause += pause / 2 {
		took, err := l.try(m)
		if took || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return busy()
		case <-give.C:
			return busy()
		case <-time.After(pause):
		}
	}
}

// managerUp reports whether the Site Manager is open.
func managerUp(dir string) bool {
	ours.Lock()
	defer ours.Unlock()
	if !isDir(dir) {
		return false
	}
	l, err := openLocks(dir)
	if err != nil {
		return false
	}
	defer l.close()
	held, err := l.held(managerIsUp)
	return err == nil && held
}
