package main

import (
	"slices"
	"strings"

	"baissh/proxy/backendai/backendaitest/site"
	"baissh/proxy/state"
)

// isRestarted is a host that is ready again; by another host key, up to the releases
// that keep it for the life of a session.
func (w *siteWorld) isRestarted(before state.Host) func(state.Host) bool {
	keeps := strings.HasPrefix(w.site.Release(), "26.")
	return func(h state.Host) bool { return h.State == state.Ready && (keeps || h.HostKey != before.HostKey) }
}

// refusesSecondKeys is true of the releases that know a user by the main key pair.
func refusesSecondKeys(backend site.Site) bool {
	return slices.Contains([]string{"23.09.10", "23.09.11", "24.03", "24.09", "25.6"}, backend.Release())
}

// extendsLogins is true of the releases whose web server lets a login last anew.
func extendsLogins(backend site.Site) bool {
	return !slices.Contains([]string{"22.03", "22.09", "23.03", "23.09.10", "23.09.11", "24.03"}, backend.Release())
}
