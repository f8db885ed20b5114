package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"baissh/svc/install"
)

const (
	iconFile    = "tray/icons/app.ico"
	trayManPage = "installer/linux/baissh-tray.1"
)

// text is the path of something to read: everything that is the same for all
// systems lies in one folder.
func (s *shipment) text(name string) string { return filepath.Join(s.work, "text", name) }

// pages makes what people and shells read.
func (s *shipment) pages(ctx context.Context) error {
	// The Makefile knows how both are made; its OUT is ours.
	if err := tool(ctx, nil, "make", "man", "completions", "OUT="+s.text("")); err != nil {
		return err
	}
	if err := copyFile(trayManPage, s.text("man/baissh-tray.1")); err != nil {
		return err
	}
	if err := s.zipPages(); err != nil {
		return err
	}
	if err := s.write("baissh.service", install.Unit("/usr/bin/baissh")); err != nil {
		return err
	}
	return s.changelogs()
}

// zipPages makes the man pages as Linux wants them.
func (s *shipment) zipPages() error {
	names, err := filepath.Glob(s.text("man/*.1"))
	if err != nil {
		return err
	}
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := gzipped(name+".gz", page); err != nil {
			return err
		}
	}
	return nil
}

// changelogs are two on Debian: ours, and that of the package, which says no more
// than which version was packaged.
func (s *shipment) changelogs() error {
	ours, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	if err := gzipped(s.text("changelog.gz"), ours); err != nil {
		return err
	}
	packaged := fmt.Sprintf("baissh (%s-1) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n",
		s.version.linux, "This version as it is; changelog.gz says what is new.", s.maintainer, s.made.Format(time.RFC1123Z))
	return gzipped(s.text("changelog.Debian.gz"), []byte(packaged))
}

func (s *shipment) write(name, text string) error {
	return os.WriteFile(s.text(name), []byte(text), 0o644)
}

// gzipped writes a .gz that tells neither its name nor when it was made.
func gzipped(name string, content []byte) error {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
