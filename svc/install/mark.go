package install

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"baissh/proxy/atomicfile"
)

// A file is what describes the service to the system, in a folder where the user
// may have one of the same name. Its last line, a comment, has the sum of the
// rest: so one that was written or edited by hand is known, and left alone.
type file struct {
	path        string
	open, close string // of a comment
}

const markWords = `Written by "baissh service install", and left alone once it is edited. Sum: `

func (f file) signed(text string) string {
	return text + f.open + markWords + sum(text) + f.close + "\n"
}

func (f file) isSigned(text string) bool {
	rest, last := cutLastLine(text)
	_, was, found := strings.Cut(last, " Sum: ")
	return found && strings.TrimSuffix(strings.TrimSpace(was), f.close) == sum(rest)
}

func cutLastLine(text string) (rest, last string) {
	end := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n") + 1
	return text[:end], strings.TrimSuffix(text[end:], "\n")
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:8])
}

// read returns "" where there is no such file, and a *[ForeignError] with one
// that is not ours.
func (f file) read() (string, error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !f.isSigned(string(text)) {
		return "", &ForeignError{File: f.path}
	}
	return string(text), nil
}

// write replaces what read has returned.
func (f file) write(text string) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteFile(f.path, []byte(text), 0o644)
}

func (f file) remove() error {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// restore is remove or write, whichever brings back what read returned.
func (f file) restore(old string) error {
	if old == "" {
		return f.remove()
	}
	return f.write(old)
}
