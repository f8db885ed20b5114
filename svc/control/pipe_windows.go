package control

import (
	"errors"
	"io"
	"net"
	"os"

	"golang.org/x/sys/windows"
)

// A pipeConn is one end of a named pipe. The handle was opened for overlapped
// use, so that package os has deadlines for it, and Close ends what waits.
type pipeConn struct{ *os.File }

func newPipeConn(h windows.Handle, path string) net.Conn {
	return &pipeConn{os.NewFile(uintptr(h), path)}
}

func (c *pipeConn) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	return n, pipeError("read", err)
}

func (c *pipeConn) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	return n, pipeError("write", err)
}

func (c *pipeConn) LocalAddr() net.Addr  { return pipeAddr(c.Name()) }
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr(c.Name()) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// pipeError gives an error the form that those of package net have.
func pipeError(op string, err error) error {
	var file *os.PathError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.As(err, &file):
		err = file.Err
	}
	return &net.OpError{Op: op, Net: "pipe", Err: err}
}
