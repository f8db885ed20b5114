package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"baissh/installer/windows"
)

// packages makes one of each kind for each processor that Linux runs on.
func (s *shipment) packages(ctx context.Context) error {
	for _, t := range targets {
		if t.system != "linux" {
			continue
		}
		deb := fmt.Sprintf("baissh_%s_%s.deb", s.version.linux, t.processor)
		rpm := fmt.Sprintf("baissh-%s-1.%s.rpm", s.version.linux, rpmProcessor[t.processor])
		for kind, name := range map[string]string{"deb": deb, "rpm": rpm} {
			if err := s.nfpm(ctx, t, kind, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// rpmProcessor is what Fedora calls a processor.
var rpmProcessor = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

func (s *shipment) nfpm(ctx context.Context, t target, kind, name string) error {
	env := []string{
		"PROGRAMS=" + s.built(t), "TEXTS=" + s.text(""),
		"PROCESSOR=" + t.processor, "VERSION=" + s.version.linux, "MAINTAINER=" + s.maintainer,
	}
	return packageTool(ctx, env, "nfpm", "package", "--config", "installer/linux/nfpm.yaml", "--packager", kind, "--target", s.ship(name))
}

// msi is for amd64 alone: wixl knows no arm64.
func (s *shipment) msi(ctx context.Context) error {
	manifest, err := windows.Read("wix.json")
	if err != nil {
		return err
	}
	t := target{"windows", "amd64"}
	for _, e := range s.windowsEntries(t) {
		if err := copyFile(e.from, filepath.Join(s.work, "msi", e.name)); err != nil {
			return err
		}
	}
	p := windows.Package{
		Manifest: manifest,
		Version:  s.version.msi,
		Release:  s.version.plain,
		Dir:      filepath.Join(s.work, "msi"),
		Icon:     iconFile,
		Made:     s.made,
	}
	return p.Build(ctx, s.ship(fmt.Sprintf("baissh-%s-windows-amd64.msi", s.version.plain)))
}

const sumsName = "SHA256SUMS"

// sums lists what was made, as sha256sum --check reads it.
func (s *shipment) sums(context.Context) error {
	slices.Sort(s.shipped)
	var text strings.Builder
	for _, name := range s.shipped {
		content, err := os.ReadFile(filepath.Join(s.out, name))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	}
	return os.WriteFile(s.ship(sumsName), []byte(text.String()), 0o644)
}
