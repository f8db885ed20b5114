package windows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestManifestWithAMistakeIsRefused(t *testing.T) {
	text, err := os.ReadFile("../../wix.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"a key nobody knows", `"company"`, `"compnay"`, "unknown field"},
		{"no upgrade code", `"upgrade-code": "8E5E468D-E6BF-4DC1-A0F5-46CC72F01710"`, `"choco": {}`, "a guid is missing"},
		{"a guid that is none", `8E5E468D-E6BF-4DC1-A0F5-46CC72F01710`, `8E5E468D`, "invalid UUID"},
		{"a service of no file", `"program": "baissh.exe"`, `"program": "other.exe"`, `"other.exe" is not among the files`},
		{"a variable for one user", `"system": "yes"`, `"system": "no"`, "the variable PATH"},
		{"a pause without a unit", `"10s"`, `"10"`, "missing unit"},
		{"no icon", `"icon": "tray/icons/app.ico"`, `"icon": ""`, "has no icon"},
	} {
		if !strings.Contains(string(text), c.old) {
			t.Errorf("%s: wix.json has no %s", c.name, c.old)
		}
		name := filepath.Join(t.TempDir(), "wix.json")
		if err := os.WriteFile(name, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Read: %v, want …%s…", c.name, err, c.want)
		}
	}
}

// go-msi makes the service by commands, we by a table: both must make the same.
func TestHooksMakeTheServiceOfTheTable(t *testing.T) {
	m := ours(t).Manifest
	create := ""
	for _, hook := range m.Hooks {
		if verb := "sc.exe "; !strings.HasPrefix(hook.Command, verb) || !strings.Contains(hook.Command+" ", " "+m.Service.Name+" ") {
			t.Errorf("hook %q is not about the service %s", hook.Command, m.Service.Name)
		}
		if strings.Contains(hook.Command, " create ") {
			create = hook.Command
		}
	}
	for _, want := range []string{
		`binPath= "\"[INSTALLDIR]` + m.Service.Program + `\" ` + m.Service.Arguments + `"`,
		`DisplayName= "` + m.Service.DisplayName + `"`,
		"start= auto",
	} {
		if !strings.Contains(create, want) {
			t.Errorf("hook %q does not have %s", create, want)
		}
	}
}

func TestFilesForGoMSIAreWhereTheyAreBuilt(t *testing.T) {
	for _, item := range ours(t).Manifest.Files.Items {
		if !strings.HasPrefix(item, "dist/") {
			t.Errorf("%s is not in dist", item)
		}
	}
}
