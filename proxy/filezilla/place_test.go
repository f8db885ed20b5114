package filezilla

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// In each, the names are below one folder; FileZilla's is the one that is used.
func TestSettingsFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is one folder on Windows")
	}
	const moved = `<?xml version="1.0"?><FileZilla3><Settings><Setting name="Kiosk mode">0</Setting><Setting name="Config Location">`
	const end = `</Setting></Settings></FileZilla3>`
	tests := []struct {
		name  string
		xdg   string
		dirs  []string
		files map[string]string
		want  string
	}{
		{"nothing there", "", nil, nil, "home/.config/filezilla"},
		{"nothing there, with XDG", "xdg", nil, nil, "xdg/filezilla"},
		{"the oldest", "xdg", []string{"home/.filezilla"}, nil, "home/.filezilla"},
		{"XDG is missing", "xdg", []string{"home/.config/filezilla", "home/.filezilla"}, nil, "home/.config/filezilla"},
		{"all there", "xdg", []string{"xdg/filezilla", "home/.config/filezilla", "home/.filezilla"}, nil, "xdg/filezilla"},
		{
			"moved", "",
			[]string{"home/.config/filezilla"},
			map[string]string{"home/.config/filezilla/fzdefaults.xml": moved + "$HOME/a/$$b/$FZ/" + end},
			"home/a/$b/value",
		},
		{
			"moved beside the file", "",
			[]string{"home/.config/filezilla"},
			map[string]string{"home/.config/filezilla/fzdefaults.xml": moved + "inner" + end},
			"home/.config/filezilla/inner",
		},
		{
			"moved by what is installed", "",
			[]string{"home/.config/filezilla"},
			map[string]string{"usr/share/filezilla/fzdefaults.xml": moved + "/opt/$FZ" + end},
			"/opt/value",
		},
		{
			"the user's own comes first", "",
			[]string{"home/.config/filezilla"},
			map[string]string{"home/.config/filezilla/fzdefaults.xml": moved + end, "usr/share/filezilla/fzdefaults.xml": moved + "/opt" + end},
			"home/.config/filezilla",
		},
		{
			"not XML", "",
			[]string{"home/.filezilla"},
			map[string]string{"home/.filezilla/fzdefaults.xml": moved},
			"home/.filezilla",
		},
	}
	for _, tt := range tests {
		root := t.TempDir()
		w := &Writer{
			Home:    filepath.Join(root, "home"),
			Program: func() string { return filepath.Join(root, "usr", "bin", "filezilla") },
			Getenv: func(name string) string {
				switch {
				case name == "FZ":
					return "value"
				case name == "XDG_CONFIG_HOME" && tt.xdg != "":
					return filepath.Join(root, tt.xdg)
				}
				return ""
			},
		}
		for _, d := range tt.dirs {
			if err := os.MkdirAll(filepath.Join(root, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range tt.files {
			put(t, filepath.Join(root, name), text)
		}
		want := tt.want
		if !filepath.IsAbs(want) {
			want = filepath.Join(root, want)
		}
		if got := filepath.Clean(w.settingsDir()); got != want {
			t.Errorf("%s: settingsDir = %s, want %s", tt.name, got, want)
		}
	}
}

func TestPuttyStoreIsWherePuttyLooks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is in the registry")
	}
	for name, tt := range map[string]struct {
		env  map[string]string
		dirs []string
		want string
	}{
		"nothing there":     {nil, nil, "/.putty/sshhostkeys"},
		"an empty folder":   {nil, []string{".config/putty", ".putty"}, "/.config/putty/sshhostkeys"},
		"XDG":               {map[string]string{"XDG_CONFIG_HOME": "/xdg"}, []string{".config/putty"}, "/.putty/sshhostkeys"},
		"PUTTYDIR":          {map[string]string{"PUTTYDIR": "/p"}, []string{".config/putty"}, "/p/sshhostkeys"},
		"the file by name":  {map[string]string{"PUTTYDIR": "/p", "PUTTYSSHHOSTKEYS": "/q"}, nil, "/q"},
		"the oldest folder": {nil, []string{".putty"}, "/.putty/sshhostkeys"},
	} {
		w := &Writer{Home: t.TempDir(), Getenv: func(name string) string { return tt.env[name] }}
		for _, d := range tt.dirs {
			if err := os.MkdirAll(filepath.Join(w.Home, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		want := tt.want
		if tt.env["PUTTYDIR"] == "" && tt.env["PUTTYSSHHOSTKEYS"] == "" {
			want = filepath.Join(w.Home, want)
		}
		if got := w.puttyStore(); got != want {
			t.Errorf("%s: puttyStore = %s, want %s", name, got, want)
		}
	}
}
