package filezilla

import (
	"os"
	"path/filepath"
	"runtime"
)

// place is the folder of FileZilla's settings, and whether there is a FileZilla
// for which to write to it.
func (w *Writer) place() (dir string, here bool) {
	dir = w.settingsDir()
	return dir, isDir(dir) || w.program() != ""
}

// settingsDir is where FileZilla keeps its files: where an administrator or a
// portable copy says so, else the first of its usual folders that is there,
// else the one that it would make.
func (w *Writer) settingsDir() string {
	usual := w.usualDirs()
	dir := usual[0]
	for _, d := range usual {
		if isDir(d) {
			dir = d
			break
		}
	}
	if moved := w.movedDir(dir); moved != "" {
		return moved
	}
	return dir
}

func (w *Writer) usualDirs() []string {
	if runtime.GOOS == "windows" {
		roaming := w.getenv("APPDATA")
		if !filepath.IsAbs(roaming) {
			roaming = filepath.Join(w.Home, "AppData", "Roaming")
		}
		return []string{filepath.Join(roaming, "FileZilla")}
	}
	dirs := []string{filepath.Join(w.Home, ".config", "filezilla"), filepath.Join(w.Home, ".filezilla")}
	if xdg := w.getenv("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) {
		dirs = append([]string{filepath.Join(xdg, "filezilla")}, dirs...)
	}
	return dirs
}

// program is FileZilla's own, "" if it is not installed.
func (w *Writer) program() string {
	if w.Program != nil {
		return w.Program()
	}
	return findProgram(w.Home)
}

// getenv is FileZilla's environment, as far as we know it.
func (w *Writer) getenv(name string) string {
	switch {
	case name == "HOME":
		return w.Home
	case w.Getenv != nil:
		return w.Getenv(name)
	}
	return os.Getenv(name)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
