//go:build !windows

package filezilla

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"

	"baissh/proxy/atomicfile"
)

// puttyStore is the file that PuTTY's code in FileZilla reads, by its rule: a
// folder putty beside other programs' settings, even an empty one, wins.
func (w *Writer) puttyStore() string {
	if file := w.getenv("PUTTYSSHHOSTKEYS"); file != "" {
		return file
	}
	return filepath.Join(w.puttyDir(), "sshhostkeys")
}

func (w *Writer) puttyDir() string {
	if dir := w.getenv("PUTTYDIR"); dir != "" {
		return dir
	}
	config := w.getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(w.Home, ".config")
	}
	if dir := filepath.Join(config, "putty"); exists(dir) {
		return dir
	}
	return filepath.Join(w.Home, ".putty")
}

// puttyFile is that store.
func (w *Writer) puttyFile() string { return w.puttyStore() }

func (w *Writer) readPutty() ([]byte, error) { return read(w.puttyStore()) }

// puttyMade is what a first line makes.
func puttyMade(w *Writer) []string {
	return []string{filepath.Dir(w.puttyStore()), w.puttyStore()}
}

// writePutty does as PuTTY itself does, which takes no lock.
func (w *Writer) writePutty(want, stale []pin) error {
	old, err := w.readPutty()
	if err != nil {
		return err
	}
	text := splicePutty(old, want, stale)
	switch file := w.puttyStore(); {
	case bytes.Equal(old, text):
		return nil
	case len(text) == 0 && slices.Contains(w.recall().Made, file):
		return os.Remove(file)
	default:
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		return atomicfile.WriteFile(file, text, 0o600)
	}
}
