package folders

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSocketIsThatOfTheHome(t *testing.T) {
	dir := filepath.Join("somewhere", "one")
	socket := func(dir string) string {
		home, err := At(dir)
		if err != nil {
			t.Fatal(err)
		}
		return home.Socket()
	}
	if got := socket(dir); got != socket(dir) {
		t.Errorf("one home has two sockets, %s and %s", got, socket(dir))
	}
	if socket(dir) == socket(filepath.Join("somewhere", "two")) {
		t.Errorf("two homes have one socket: %s", socket(dir))
	}
	if runtime.GOOS == "windows" && socket(dir) != socket(strings.ToUpper(dir)) {
		t.Error("the same folder, in capitals, has another pipe")
	}
	long := socket(filepath.Join(dir, strings.Repeat("long", 30)))
	if len(long) > 104 {
		t.Errorf("%s is longer than a socket's path may be", long)
	}
}
