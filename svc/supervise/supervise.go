// Package supervise keeps one engine for each user who is signed in to a Windows
// machine. It is what the Windows service does, and all it does: it starts
// "baissh run" with the user's own token, starts it again after a crash and ends
// it at sign-out. It runs as SYSTEM, and so opens no file below a profile: whether
// a user has set baissh up is for the user's own engine to say, by how it ends.
//
// [Next] decides, a [Keeper] does what was decided, and the rest asks Windows.
package supervise

// How an engine ends, as "baissh run" documents it.
const (
	exitStopped       = 0
	exitFailed        = 1
	exitUsage         = 2
	exitNotConfigured = 3
	exitRunning       = 4
)

// A Session is one sign-in to the machine.
type Session struct {
	ID   uint32
	User string // the SID
}
