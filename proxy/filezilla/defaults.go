package filezilla

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const defaultsFile = "fzdefaults.xml"

// movedDir is what the first fzdefaults.xml says, "" if it says nothing.
// FileZilla makes that folder if it is not there.
func (w *Writer) movedDir(usual string) string {
	for _, dir := range w.defaultsDirs(usual) {
		text, err := os.ReadFile(filepath.Join(dir, defaultsFile))
		if err != nil {
			continue
		}
		to := w.expand(configLocation(text))
		if to == "" || filepath.IsAbs(to) {
			return to
		}
		return filepath.Join(dir, to)
	}
	return ""
}

// defaultsDirs are where FileZilla looks for an fzdefaults.xml, in its order.
func (w *Writer) defaultsDirs(usual string) []string {
	var dirs []string
	if runtime.GOOS != "windows" {
		dirs = append(dirs, usual, "/etc/filezilla")
	}
	if dir := w.getenv("FZ_DATADIR"); dir != "" {
		dirs = append(dirs, dir)
	}
	if program := w.program(); program != "" {
		bin := filepath.Dir(program)
		dirs = append(dirs, bin, filepath.Join(bin, "..", besideBin()))
	}
	for _, d := range filepath.SplitList(w.getenv("PATH")) {
		if filepath.Base(d) == "bin" {
			dirs = append(dirs, filepath.Join(d, "..", besideBin()))
		}
	}
	return dirs
}

func besideBin() string {
	if runtime.GOOS == "darwin" {
		return "SharedSupport" // of the bundle
	}
	return filepath.Join("share", "filezilla")
}

func configLocation(text []byte) string {
	var file struct {
		Settings []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:",chardata"`
		} `xml:"Settings>Setting"`
	}
	if xml.Unmarshal(text, &file) != nil {
		return ""
	}
	for _, s := range file.Settings {
		if s.Name == "Config Location" {
			return s.Value
		}
	}
	return ""
}

// expand puts environment variables in: a segment $NAME is one, $$ a dollar.
func (w *Writer) expand(path string) string {
	if runtime.GOOS == "windows" {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		switch name, variable := strings.CutPrefix(s, "$"); {
		case !variable:
		case strings.HasPrefix(name, "$"):
			segments[i] = name
		default:
			segments[i] = w.getenv(name)
		}
	}
	return filepath.FromSlash(strings.Join(segments, "/"))
}
