package backendaitest

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	gossh "golang.org/x/crypto/ssh"
)

// maxWindow is where Dropbear's count of a client's window ends, in bytes.
const maxWindow = 500 << 20

// An unwindowed channel sends whatever is written to it: the client's window never
// gets smaller, only TCP slows it down. (In Dropbear, send_msg_channel_data of the
// releases since 23.09 has lost the line that takes off what was sent.)
type unwindowed struct {
	gossh.Channel
	lock *sync.Cond
	left *uint32 // of the window; guarded by lock
}

func (u *unwindowed) Write(p []byte) (int, error) {
	u.lock.L.Lock()
	*u.left = maxWindow
	u.lock.L.Unlock()
	return u.Channel.Write(p)
}

// ignoreWindow reaches into the library, which keeps to the window and has no way not to.
func ignoreWindow(channel gossh.Channel) (gossh.Channel, error) {
	window, err := fieldOf(reflect.ValueOf(channel).Elem(), "remoteWin")
	if err != nil {
		return nil, err
	}
	lock, err1 := fieldOf(window, "Cond")
	left, err2 := fieldOf(window, "win")
	if err1 != nil || err2 != nil || lock.Type() != reflect.TypeFor[*sync.Cond]() || left.Type() != reflect.TypeFor[uint32]() {
		return nil, fmt.Errorf("ignore the window: x/crypto has another one: %s", window.Type())
	}
	return &unwindowed{channel, lock.Interface().(*sync.Cond), left.Addr().Interface().(*uint32)}, nil
}

// fieldOf is a field of a struct that is addressable, though its name be private.
func fieldOf(of reflect.Value, name string) (reflect.Value, error) {
	if of.Kind() != reflect.Struct || !of.FieldByName(name).IsValid() {
		return reflect.Value{}, fmt.Errorf("ignore the window: x/crypto's %s has no %s", of.Type(), name)
	}
	field := of.FieldByName(name)
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem(), nil
}
