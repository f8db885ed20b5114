package atomicfile

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Not in x/sys. ReplaceFile keeps the ACL of the file it replaces, a rename
// brings the new file's own.
var replaceFileW = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReplaceFileW")

// Errors of ReplaceFile that x/sys does not name.
const (
	unableToRemoveReplaced    = windows.Errno(1175) // nothing has changed
	unableToMoveReplacement   = windows.Errno(1176) // nothing has changed
	unableToMoveReplacement2  = windows.Errno(1177) // the target has gone, the new file waits
	ignoreMergeErrors         = 2
	firstPause, longestWaited = 5 * time.Millisecond, 2 * time.Second
)

// guard protects a secret before it is in the file.
func guard(f *os.File, s style) error {
	if s.private || s.old == nil && s.perm&0o077 == 0 {
		return Private(f.Name())
	}
	return nil
}

func dress(*os.File, style) error { return nil }

// replace tries again for a short time: virus scanners and editors open a new
// file at once, without letting others rename it.
func replace(temp, target string, keepACL bool) error {
	waited, pause := time.Duration(0), firstPause
	for {
		err := replaceOnce(temp, target, keepACL)
		if err == nil || !passing(err) || waited >= longestWaited {
			return err
		}
		time.Sleep(pause)
		waited += pause
		pause *= 2
	}
}

func replaceOnce(temp, target string, keepACL bool) error {
	from, err := windows.UTF16PtrFromString(temp)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(target)
	if err != nil {
		return err
	}
	if keepACL {
		err = replaceFile(to, from)
		if err == nil {
			return nil
		}
	}
	if !keepACL || targetGone(err) {
		err = windows.MoveFileEx(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
	}
	if err != nil {
		return &os.LinkError{Op: "replace", Old: temp, New: target, Err: err}
	}
	return nil
}

func replaceFile(target, replacement *uint16) error {
	ok, _, err := replaceFileW.Call(uintptr(unsafe.Pointer(target)), uintptr(unsafe.Pointer(replacement)),
		0, ignoreMergeErrors, 0, 0)
	if ok != 0 {
		return nil
	}
	return err
}

func targetGone(err error) bool {
	return errors.Is(err, windows.ERROR_FILE_NOT_FOUND) || errors.Is(err, unableToMoveReplacement2)
}

func passing(err error) bool {
	for _, e := range []error{
		windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION,
		windows.ERROR_ACCESS_DENIED, unableToRemoveReplaced, unableToMoveReplacement,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// syncFolder has nothing to do: MoveFileEx wrote through, and Windows cannot
// flush a folder for a plain user.
func syncFolder(string) error { return nil }
