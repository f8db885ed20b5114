package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A pipeListener has one instance of the pipe that waits for a client, always:
// while there is one the name is taken, and nobody else can listen in our place.
type pipeListener struct {
	path    string
	closing windows.Handle // an event
	close   sync.Once

	accepting sync.Mutex     // guards next; Accept holds it as long as it waits
	next      windows.Handle // 0 after Close
}

// listen opens the first instance, which Windows refuses where the name exists.
func listen(path string) (net.Listener, error) {
	l := &pipeListener{path: path}
	var err error
	l.next, err = newInstance(path, windows.FILE_FLAG_FIRST_PIPE_INSTANCE)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, fmt.Errorf("another program listens at %s", path)
	}
	if err != nil {
		return nil, err
	}
	if l.closing, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		windows.CloseHandle(l.next)
		return nil, os.NewSyscallError("CreateEvent", err)
	}
	return l, nil
}

func (l *pipeListener) Accept() (net.Conn, error) {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	if l.next == 0 {
		return nil, pipeError("accept", net.ErrClosed)
	}
	if err := l.waitForClient(); err != nil {
		return nil, pipeError("accept", err)
	}
	next, err := newInstance(l.path, 0)
	if err != nil {
		return nil, pipeError("accept", err)
	}
	h := l.next
	l.next = next
	return newPipeConn(h, l.path), nil
}

// waitForClient fails with net.ErrClosed as soon as the listener closes.
func (l *pipeListener) waitForClient() error {
	connected, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return os.NewSyscallError("CreateEvent", err)
	}
	defer windows.CloseHandle(connected)
	o := &windows.Overlapped{HEvent: connected}
	defer runtime.KeepAlive(o)
	switch err := windows.ConnectNamedPipe(l.next, o); {
	case errors.Is(err, windows.ERROR_PIPE_CONNECTED), errors.Is(err, windows.ERROR_NO_DATA):
		return nil // it came before we asked, and may have gone again: reading will tell
	case !errors.Is(err, windows.ERROR_IO_PENDING):
		return os.NewSyscallError("ConnectNamedPipe", err)
	}
	var n uint32
	event, err := windows.WaitForMultipleObjects([]windows.Handle{connected, l.closing}, false, windows.INFINITE)
	if err != nil || event != windows.WAIT_OBJECT_0 {
		windows.CancelIoEx(l.next, o)
		windows.GetOverlappedResult(l.next, o, &n, true) // until then Windows may write to o
		return net.ErrClosed
	}
	return os.NewSyscallError("ConnectNamedPipe", windows.GetOverlappedResult(l.next, o, &n, true))
}

func (l *pipeListener) Close() error {
	l.close.Do(func() {
		windows.SetEvent(l.closing)
		l.accepting.Lock()
		defer l.accepting.Unlock()
		windows.CloseHandle(l.next)
		windows.CloseHandle(l.closing)
		l.next = 0
	})
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.path) }

// newInstance opens one end for one client, who must be the same user. Windows
// itself refuses all others, and those on other machines.
func newInstance(path string, flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	descriptor, err := ownerAlone()
	if err != nil {
		return 0, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	h, err := windows.CreateNamedPipe(name,
		windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS,
		windows.PIPE_UNLIMITED_INSTANCES, pipeBuffer, pipeBuffer, 0, attributes)
	return h, os.NewSyscallError("CreateNamedPipe", err)
}

const pipeBuffer = 64 << 10

// ownerAlone names the owner, too: the default is the group of Administrators
// for whoever is one, and clients look at it.
func ownerAlone() (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("look up the user: %w", err)
	}
	return windows.SecurityDescriptorFromString(fmt.Sprintf("O:%[1]sD:P(A;;FA;;;%[1]s)", user.User.Sid))
}
