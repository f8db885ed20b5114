package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// packed is what an archive says of one of its files.
type packed struct {
	Name, Content string
	Mode          int64
	Made          time.Time
}

func TestArchiveTellsNothingOfWhereItWasMade(t *testing.T) {
	for name, c := range map[string]struct {
		format func(io.Writer, string, time.Time, []entry) error
		read   func(*testing.T, []byte) []packed
	}{
		"tar": {tarball, readTar},
		"zip": {zipped, readZip},
	} {
		first, second := archive(t, c.format, 0o600), archive(t, c.format, 0o777)
		if !bytes.Equal(first, second) {
			t.Errorf("%s: the same files give other bytes in another folder with other modes", name)
		}
		want := []packed{
			{"baissh-1/bin/baissh", "program", 0o755, noon},
			{"baissh-1/LICENSE", "licence", 0o644, noon},
		}
		if diff := cmp.Diff(want, c.read(t, first)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func archive(t *testing.T, format func(io.Writer, string, time.Time, []entry) error, mode os.FileMode) []byte {
	t.Helper()
	dir := t.TempDir()
	entries := []entry{
		{name: "bin/baissh", from: filepath.Join(dir, "program"), executable: true},
		{name: "LICENSE", from: filepath.Join(dir, "licence")},
	}
	for _, e := range entries {
		if err := os.WriteFile(e.from, []byte(filepath.Base(e.from)), mode); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := format(&out, "baissh-1", noon, entries); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readTar(t *testing.T, content []byte) []packed {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var list []packed
	for r := tar.NewReader(unzipped); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packed{head.Name, string(text), head.Mode, head.ModTime.UTC()})
	}
}

func readZip(t *testing.T, content []byte) []packed {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var list []packed
	for _, file := range r.File {
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, packed{file.Name, string(text), int64(file.Mode().Perm()), file.Modified.UTC()})
	}
	return list
}

// What was shipped before is not shipped again under a list that leaves it out.
func TestWhatWasShippedBeforeGoes(t *testing.T) {
	out := t.TempDir()
	for _, name := range []string{"baissh_1.0.0_amd64.deb", "baissh-1.0.0-windows-amd64.msi", sumsName, "baissh", "notes.deb"} {
		if err := os.WriteFile(filepath.Join(out, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &shipment{out: out}
	if err := s.clear(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if diff := cmp.Diff([]string{"baissh", "notes.deb"}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// A module without a licence may not be shipped, so nobody has to notice.
func TestModuleWithoutLicenceFails(t *testing.T) {
	m := module{path: "example.com/bare", version: "v1.0.0", dir: t.TempDir()}
	if text, err := m.licences(); err == nil {
		t.Errorf("licences() = %q, want an error", text)
	}
	for _, name := range []string{"LICENCE.md", "COPYING", "README"} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte("of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := m.licences(); err != nil || text != "of COPYING\nof LICENCE.md\n" {
		t.Errorf("licences() = %q, %v", text, err)
	}
}
