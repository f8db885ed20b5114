package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

const (
	longestTail   = 1 << 20
	tailingPeriod = 200 * time.Millisecond
)

// tail copies the last lines of a log, and with follow what comes after them. The
// file is opened anew each time, so that whoever writes it may rename it. It is
// for Windows, and tested anywhere.
func tail(ctx context.Context, out io.Writer, path string, lines int, follow bool) error {
	text, at, err := readFrom(path, -longestTail)
	if errors.Is(err, fs.ErrNotExist) {
		if !follow {
			return ErrNoLog
		}
		err = nil // it is yet to come
	}
	if err == nil {
		_, err = out.Write(lastLines(text, lines))
	}
	for err == nil && follow && pause(ctx, tailingPeriod) {
		if text, at, err = readFrom(path, at); err == nil {
			_, err = out.Write(text)
		}
		if errors.Is(err, fs.ErrNotExist) { // between two files
			at, err = 0, nil
		}
	}
	if err != nil {
		return fmt.Errorf("show the log: %w", err)
	}
	return nil
}

// readFrom returns what follows a place, counted from the end if it is negative,
// and where that ends. A file that has become shorter is another one.
func readFrom(path string, at int64) (text []byte, end int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	switch size := info.Size(); {
	case at < 0:
		at = max(0, size+at)
	case at > size:
		at = 0
	}
	text, err = io.ReadAll(io.NewSectionReader(file, at, longestTail))
	return text, at + int64(len(text)), err
}

func lastLines(text []byte, n int) []byte {
	start := len(text)
	for range n {
		i := bytes.LastIndexByte(bytes.TrimSuffix(text[:start], []byte("\n")), '\n')
		if start = i + 1; start == 0 {
			break
		}
	}
	return text[start:]
}
