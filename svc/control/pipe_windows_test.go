package control

import (
	"crypto/rand"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// freeSocket is the name of a pipe at which nobody listens.
func freeSocket(*testing.T) string { return `\\.\pipe\baissh-test-` + rand.Text() }

// pipe returns both ends of one.
func pipe(t *testing.T) (server, client net.Conn) {
	t.Helper()
	ln, err := Listen(freeSocket(t))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = dial(t.Context(), ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, client
}

func TestPipeIsTheUsersAlone(t *testing.T) {
	_, client := pipe(t)
	const what = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	got, err := windows.GetSecurityInfo(windows.Handle(client.(*pipeConn).Fd()), windows.SE_KERNEL_OBJECT, what)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ownerAlone()
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("the pipe has %s, want %s", got, want)
	}
}

// An owner other than the user may read all that is said, and answer.
func TestPipeOfAnotherIsRefused(t *testing.T) {
	path := freeSocket(t)
	descriptor, err := windows.SecurityDescriptorFromString("O:BAD:(A;;FA;;;WD)")
	if err != nil {
		t.Fatal(err)
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, 1, 4096, 4096, 0, attributes)
	if errors.Is(err, windows.ERROR_INVALID_OWNER) {
		t.Skip("only an administrator can make a pipe that is not the user's")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	_, err = clientOf(t, path).Status(t.Context(), 0)
	if err == nil || errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestNameIsTakenOnce(t *testing.T) {
	if underWine() {
		t.Skip("Wine gives a name to several")
	}
	ln, err := Listen(freeSocket(t))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if second, err := Listen(ln.Addr().String()); err == nil {
		second.Close()
		t.Error("two listen under one name")
	}
}

func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func TestCloseEndsAccept(t *testing.T) {
	ln, err := Listen(freeSocket(t))
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() { _, err := ln.Accept(); accepted <- err }()
	ln.Close()
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v, want net.ErrClosed", err)
	}
	if _, err := dial(t.Context(), ln.Addr().String()); !errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		t.Errorf("the name after Close: %v, want that it is gone", err)
	}
}

func TestDeadlineEndsARead(t *testing.T) {
	server, client := pipe(t)
	for name, c := range map[string]net.Conn{"server": server, "client": client} {
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		var timeout net.Error
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v, want a timeout", name, err)
		}
		c.SetReadDeadline(time.Time{})
	}
	// and the pipe is good afterwards
	go client.Write([]byte("x"))
	if n, err := server.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
