package filezilla

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/windows"
)

// locks are named mutexes of the user's session, which belong to threads.
type locks struct{ handles map[mutex]windows.Handle }

func openLocks(string) (*locks, error) {
	runtime.LockOSThread()
	return &locks{map[mutex]windows.Handle{}}, nil
}

func (l *locks) close() {
	for _, h := range l.handles {
		windows.CloseHandle(h)
	}
	runtime.UnlockOSThread()
}

// try waits one millisecond, as FileZilla's own attempt does. A mutex that may
// not be opened is that of a FileZilla with an administrator's rights.
func (l *locks) try(m mutex) (took bool, err error) {
	h, err := l.handle(m)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch event, err := windows.WaitForSingleObject(h, 1); event {
	case windows.WAIT_OBJECT_0, windows.WAIT_ABANDONED:
		return true, nil
	case uint32(windows.WAIT_TIMEOUT):
		return false, nil
	default:
		return false, fmt.Errorf("wait for FileZilla's lock: %w", err)
	}
}

// held can only ask by taking it for a moment.
func (l *locks) held(m mutex) (bool, error) {
	took, err := l.try(m)
	if took {
		l.release(m)
	}
	return !took, err
}

func (l *locks) release(m mutex) { _ = windows.ReleaseMutex(l.handles[m]) }

func (l *locks) handle(m mutex) (windows.Handle, error) {
	if h := l.handles[m]; h != 0 {
		return h, nil
	}
	name, err := windows.UTF16PtrFromString(fmt.Sprintf("FileZilla 3 Mutex Type %d", m))
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateMutex(nil, false, name)
	if h == 0 {
		return 0, fmt.Errorf("open FileZilla's lock: %w", err)
	}
	l.handles[m] = h // err is only that it was there before
	return h, nil
}
