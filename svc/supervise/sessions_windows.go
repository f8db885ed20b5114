package supervise

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

const noSession = 0xFFFFFFFF

// sessions are those in which somebody is signed in. The console is asked for by
// itself: it is there also where Windows lists none.
func sessions() ([]Session, error) {
	var first *windows.WTS_SESSION_INFO
	var count uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &first, &count); err != nil {
		return nil, fmt.Errorf("list the sessions: %w", err)
	}
	ids := map[uint32]bool{windows.WTSGetActiveConsoleSessionId(): true}
	if first != nil {
		defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(first)))
		for _, s := range unsafe.Slice(first, count) {
			ids[s.SessionID] = true
		}
	}
	var list []Session
	for id := range ids {
		if user := signedIn(id); user != "" {
			list = append(list, Session{ID: id, User: user})
		}
	}
	return list, nil
}

// system is whose sessions are the machine's own.
const system = "S-1-5-18"

// signedIn is the user of a session, "" if it has none.
func signedIn(id uint32) string {
	if id == noSession {
		return ""
	}
	token, user, err := tokenOf(id)
	if err != nil {
		return ""
	}
	token.Close()
	if user == system {
		return ""
	}
	return user
}

// tokenOf is what processes of the session's user run with: not an
// administrator's full one.
func tokenOf(id uint32) (token windows.Token, user string, err error) {
	if err := windows.WTSQueryUserToken(id, &token); err != nil {
		return 0, "", fmt.Errorf("look who is in session %d: %w", id, err)
	}
	u, err := token.GetTokenUser()
	if err != nil {
		token.Close()
		return 0, "", fmt.Errorf("look who is in session %d: %w", id, err)
	}
	return token, u.User.Sid.String(), nil
}
