package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"time"
)

// archives are for who has no package manager of ours, or no right to use it.
func (s *shipment) archives(context.Context) error {
	for _, t := range targets {
		entries, err := s.entries(t)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("baissh-%s-%s-%s", s.version.plain, displaySystem(t), t.processor)
		format, ending := tarball, ".tar.gz"
		if t.system == "windows" {
			format, ending = zipped, ".zip"
		}
		if err := create(s.ship(name+ending), func(out io.Writer) error {
			return format(out, name, s.made, entries)
		}); err != nil {
			return err
		}
	}
	return nil
}

// create writes a file, and says of its end, too, what went wrong.
func create(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		file.Close()
		return fmt.Errorf("write %s: %w", name, err)
	}
	return file.Close()
}

// tarball has all entries below one folder, owned by nobody in particular.
func tarball(out io.Writer, folder string, made time.Time, entries []entry) error {
	zip, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(zip)
	for _, e := range entries {
		content, err := os.ReadFile(e.from)
		if err != nil {
			return err
		}
		head := &tar.Header{
			Name: path.Join(folder, e.name), Size: int64(len(content)), Mode: int64(e.mode()),
			ModTime: made, Uname: "root", Gname: "root", Format: tar.FormatPAX,
		}
		if err := w.WriteHeader(head); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return zip.Close()
}

func (e entry) mode() os.FileMode {
	if e.executable {
		return 0o755
	}
	return 0o644
}

// zipped has all entries below one folder.
func zipped(out io.Writer, folder string, made time.Time, entries []entry) error {
	w := zip.NewWriter(out)
	for _, e := range entries {
		content, err := os.ReadFile(e.from)
		if err != nil {
			return err
		}
		head := &zip.FileHeader{Name: path.Join(folder, e.name), Method: zip.Deflate, Modified: made}
		head.SetMode(e.mode())
		file, err := w.CreateHeader(head)
		if err != nil {
			return err
		}
		if _, err := file.Write(content); err != nil {
			return err
		}
	}
	return w.Close()
}
