package pace

import "time"

const (
	// wakeTime is how long a process may sleep on although it could go on.
	wakeTime = 500 * time.Microsecond
	// scanPause is between looks for processes, while nothing moves.
	scanPause = 5 * time.Second
)

// empty reports whether the client has taken all it was sent, and sleeps although all it
// writes to would take more. If it held something, that would wake it.
func (w *watched) empty() (bool, error) {
	if time.Since(w.scanned) > scanPause {
		if err := w.scan(); err != nil {
			return false, err
		}
	}
	if read, err := w.hasRead(); !read || err != nil {
		return false, err
	}
	before := w.doings()
	if !w.asleep() {
		return false, nil
	}
	if clear, err := w.clear(); !clear || err != nil {
		return false, err
	}
	time.Sleep(wakeTime)
	if _, err := w.written(); err != nil {
		return false, err
	}
	return w.doings() == before && w.asleep(), nil
}

// hasRead reports whether nothing is on the way to the client.
func (w *watched) hasRead() (bool, error) {
	s, err := w.socket()
	if err != nil || s.unread > 0 {
		return false, err
	}
	info, err := w.info()
	return err == nil && info.Unacked == 0 && info.Notsent_bytes == 0, err
}

// doings is a number that grows with whatever a process reads or writes.
func (w *watched) doings() (sum int64) {
	for _, h := range w.holders {
		sum += h.doings
	}
	return sum
}

func (w *watched) asleep() bool {
	for _, h := range w.holders {
		if !h.asleep() {
			return false
		}
	}
	return true
}

// clear reports whether all that the client writes to would take more.
func (w *watched) clear() (bool, error) {
	for _, h := range w.holders {
		if clear, err := h.clear(w.inode); !clear || err != nil {
			return false, err
		}
	}
	return true, nil
}
