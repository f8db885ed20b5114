package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// An entry is one file of an archive.
type entry struct {
	name       string // below the archive's folder
	from       string
	executable bool
}

// entries are all files for a target, sorted by name.
func (s *shipment) entries(t target) ([]entry, error) {
	list, err := s.unixEntries(t)
	if t.system == "windows" {
		list, err = s.windowsEntries(t), nil
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return list, err
}

// unixEntries lie as below /usr/local, so that they can be copied there.
func (s *shipment) unixEntries(t target) ([]entry, error) {
	list := s.programEntries(t, "bin/")
	list = append(list,
		entry{name: "INSTALL.txt", from: filepath.Join("installer", displaySystem(t), "INSTALL.txt")},
		entry{name: "share/bash-completion/completions/baissh", from: s.text("completions/baissh")},
		entry{name: "share/zsh/site-functions/_baissh", from: s.text("completions/_baissh")},
		entry{name: "share/fish/vendor_completions.d/baissh.fish", from: s.text("completions/baissh.fish")},
		entry{name: "share/doc/baissh/CHANGELOG.md", from: "CHANGELOG.md"},
		entry{name: "share/doc/baissh/LICENSE", from: "LICENSE"},
		entry{name: "share/doc/baissh/" + noticesName, from: s.text(noticesName)},
	)
	pages, err := s.manEntries(t)
	list = append(list, pages...)
	if t.system == "linux" {
		list = append(list, s.desktopEntries()...)
	}
	return list, err
}

func (s *shipment) programEntries(t target, folder string) []entry {
	var list []entry
	for _, command := range t.commands() {
		program := t.program(command)
		list = append(list, entry{name: folder + program, from: filepath.Join(s.built(t), program), executable: true})
	}
	return list
}

// manEntries leaves out pages of programs that the target does not have.
func (s *shipment) manEntries(t target) ([]entry, error) {
	names, err := filepath.Glob(s.text("man/*.1.gz"))
	if err != nil {
		return nil, err
	}
	var list []entry
	for _, name := range names {
		page := filepath.Base(name)
		if page == "baissh-tray.1.gz" && !slices.Contains(t.commands(), "baissh-tray") {
			continue
		}
		list = append(list, entry{name: "share/man/man1/" + page, from: name})
	}
	return list, nil
}

// iconSizes are those that tray/icons has the application's icon in.
var iconSizes = []int{16, 32, 48, 128, 256}

func (s *shipment) desktopEntries() []entry {
	list := []entry{{name: "share/applications/baissh-tray.desktop", from: "installer/linux/baissh-tray.desktop"}}
	for _, size := range iconSizes {
		list = append(list, entry{
			name: fmt.Sprintf("share/icons/hicolor/%dx%d/apps/baissh.png", size, size),
			from: fmt.Sprintf("tray/icons/app-%d.png", size),
		})
	}
	return list
}

func (s *shipment) windowsEntries(t target) []entry {
	return append(s.programEntries(t, ""),
		entry{name: "INSTALL.txt", from: "installer/windows/INSTALL.txt"},
		entry{name: "LICENSE.txt", from: "LICENSE"},
		entry{name: noticesName, from: s.text(noticesName)},
	)
}

// displaySystem is what people call a system.
func displaySystem(t target) string {
	if t.system == "darwin" {
		return "macos"
	}
	return t.system
}
