package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// notices gathers the licences of all that is linked into the programs, which
// most of them want to go along.
func (s *shipment) notices(ctx context.Context) error {
	modules, err := linked(ctx)
	if err != nil {
		return err
	}
	var text strings.Builder
	text.WriteString("baissh is under the Apache License 2.0. These are linked into it, under licences of their own.\n")
	for _, m := range modules {
		licences, err := m.licences()
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "\n%s\n%s %s\n\n%s", strings.Repeat("=", 78), m.path, m.version, licences)
	}
	if err := gzipped(s.text(noticesName+".gz"), []byte(text.String())); err != nil {
		return err
	}
	return s.write(noticesName, text.String())
}

const noticesName = "third-party.txt"

// A module is one of Go's, at a version, in a folder.
type module struct{ path, version, dir string }

// linked are the modules of the programs, whatever the system, and Go's own library.
func linked(ctx context.Context) ([]module, error) {
	found := map[module]bool{}
	for _, t := range targets {
		args := []string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}"}
		for _, command := range t.commands() {
			args = append(args, "./cmd/"+command)
		}
		out, err := output(ctx, []string{"GOOS=" + t.system, "GOARCH=" + t.processor, "CGO_ENABLED=0"}, "go", args...)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
				found[module{f[0], f[1], f[2]}] = true
			}
		}
	}
	library, err := output(ctx, nil, "go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, release, _ := strings.Cut(strings.TrimSpace(string(library)), "\n")
	list := []module{{"Go", release, root}}
	for m := range found {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return list, nil
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

func (m module) licences() (string, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, entry := range entries {
		if entry.IsDir() || !licenceName.MatchString(entry.Name()) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(m.dir, entry.Name()))
		if err != nil {
			return "", err
		}
		text.WriteString(strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n")) + "\n")
	}
	if text.Len() == 0 {
		return "", fmt.Errorf("%s %s has no licence to be found", m.path, m.version)
	}
	return text.String(), nil
}
