package install

import (
	"strings"
	"testing"
)

func TestUnitNamesTheProgram(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/bin/baissh":        "ExecStart=/usr/bin/baissh run\n",
		"/home/a b/baissh":       "ExecStart=\"/home/a b/baissh\" run\n",
		"/home/100%/baissh":      "ExecStart=/home/100%%/baissh run\n",
		`/home/a"b\c/bin/baissh`: `ExecStart="/home/a\"b\\c/bin/baissh" run` + "\n",
	} {
		got := Unit(program)
		if !strings.Contains(got, want) || strings.Contains(got, "@") {
			t.Errorf("Unit(%q) = %s, want %q in it and no placeholder", program, got, want)
		}
	}
}
