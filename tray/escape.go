package tray

import (
	"runtime"
	"strings"
)

// mnemonic is the character that menus take for "underline the next letter".
var mnemonic = map[string]string{"linux": "_", "freebsd": "_", "openbsd": "_", "netbsd": "_", "windows": "&"}[runtime.GOOS]

// escape makes a title appear as it is.
func escape(title string) string {
	if mnemonic == "" {
		return title
	}
	return strings.ReplaceAll(title, mnemonic, mnemonic+mnemonic)
}
