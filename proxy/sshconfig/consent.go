package sshconfig

import (
	"errors"
	"io/fs"
	"os"
)

const memory = "baissh has put its line into ssh's config file once, and does not do it again by itself.\n"

// Consent forgets that our line was there before. After it, a Writer in mode
// Include adds the line again. It is for a person's yes, and for nothing else.
func (w *Writer) Consent() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return gone(os.Remove(w.Dir.added()))
}

func (w *Writer) remember() error {
	_, err := w.private(w.Dir.added(), []byte(memory))
	return err
}

func (w *Writer) remembers() bool {
	_, err := os.Lstat(w.Dir.added())
	return err == nil
}

// gone takes a file that is not there for one that was removed.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
