package main

import (
	"fmt"
	"os"
)

// ownPorts gives the engine ports that no other test of this machine uses, for what
// depends on each one. It comes before start, and returns the preferred port.
func (w *world) ownPorts() int {
	w.Helper()
	low := 12000 + os.Getpid()%200*100
	text := fmt.Sprintf("preferred_port = %d\nport_range = [%d, %d]\n", low, low, low+99)
	w.file(w.home.SettingsFile(), text+w.text(".config", "baissh", "settings.toml"))
	return low
}
