// Package tunnel keeps one loopback port that leads to one ssh server, which can
// be reached only through a dial that may take seconds or fail.
//
// A local connection is answered at once, but the far side is dialled only when
// the client has begun to speak SSH: port scanners and browsers open no tunnel.
// The client is held while the dial goes on. If it cannot be served, it is told
// why in SSH's own words, which every ssh client shows.
//
// The package knows no Backend.AI: it has a Dial field.
package tunnel

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"
)

// A Tunnel serves one listener. Set the fields before Serve.
type Tunnel struct {
	// Dial opens one connection to the far side. The context ends when the
	// attempt may not take longer or the client has gone. If the connection has a
	// method LoggedIn, it is called when its client has, most likely, logged in.
	Dial func(ctx context.Context) (net.Conn, error)
	// Admit refuses a client that has begun to speak SSH by an error. If nil, all are
	// admitted.
	Admit func(client net.Conn) error
	// Explain gives the sentence that the client is told about an error of Dial
	// or one of this package's. If nil, the error's own text is used.
	Explain func(error) string
	// Again reports whether an error is worth one more dial while the client
	// waits. If nil, none is.
	Again func(error) bool
	// Greeting returns the far side's identification as it was seen last, or "".
	// It is shown to clients that wait for it before they speak.
	Greeting func() string
	// CheckHostKey is shown the far side's host key, as it is on the wire, before
	// the client is. Its error refuses the connection. If nil, any key will do.
	CheckHostKey func(key []byte) error
	// Paced reports whether a client on this machine is to be kept from getting more than
	// it can hold, see package pace. If nil, it is not.
	Paced func() bool
	// FarEnded is called when the far side has ended a connection of its own accord, and
	// its client had, most likely, logged in: one that logs out does not let it. What Move
	// or Drop has ended does not come here. It must not call the tunnel, and may be nil.
	FarEnded func()
	// Died is called before a connection is given up because the far side has fallen
	// silent, see [ErrDead]. It must not call the tunnel, and may be nil.
	Died func()
	// Changed is called after the number of connections has changed. It may be nil.
	Changed func()
	// Log may be nil.
	Log *slog.Logger

	mu     sync.Mutex // guards what follows
	ln     net.Listener
	closed bool
	moves  int   // how often the far side became another one
	deaf   error // why no client can be accepted, or nil
	open   map[*connection]struct{}
	wg     sync.WaitGroup // one for each connection

	well *time.Timer // for Serve only: ends deaf
}

// The errors that Explain is asked about besides those of Dial.
var (
	ErrSilent  = errors.New("the far side did not answer in time")
	ErrHungUp  = errors.New("the far side ended the connection before its identification")
	ErrNotSSH  = errors.New("the far side does not speak SSH")
	ErrAnother = errors.New("the far side is not the server that it was")
	ErrClosed  = errors.New("the tunnel was closed")
)

// Serve accepts connections until Close, and returns when the last has ended.
func (t *Tunnel) Serve(ln net.Listener) error {
	if !t.adopt(ln) {
		return ln.Close()
	}
	defer t.wg.Wait()
	// A try that waits for somebody does not fail: then all is well again.
	t.well = time.AfterFunc(0, func() { t.setDeaf(nil) })
	defer t.well.Stop()
	for t.acceptOne(ln) {
	}
	return nil
}

// acceptPause is between tries while there are no file handles left, most likely.
const acceptPause = 100 * time.Millisecond

// acceptOne reports whether there may be more. A client whom nobody can be given to
// waits, and is served as soon as one can.
func (t *Tunnel) acceptOne(ln net.Listener) bool {
	local, err := ln.Accept()
	switch {
	case errors.Is(err, net.ErrClosed):
		return false
	case err != nil:
		t.setDeaf(err)
		t.well.Reset(10 * acceptPause)
		time.Sleep(acceptPause)
	default:
		t.start(local.(client))
	}
	return true
}

// setDeaf tells of trouble once, and of its end.
func (t *Tunnel) setDeaf(err error) {
	t.mu.Lock()
	news := (err == nil) != (t.deaf == nil)
	t.deaf = err
	t.mu.Unlock()
	if news && err != nil {
		t.log().Warn("clients cannot be accepted", "error", err)
	}
	if news {
		t.changed()
	}
}

// Deaf is why no client can be accepted, or nil.
func (t *Tunnel) Deaf() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.deaf
}

func (t *Tunnel) adopt(ln net.Listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ln = ln
	return !t.closed
}

// start serves one connection on a goroutine of its own, which ends when either
// side ends or when Drop or Close cuts it.
func (t *Tunnel) start(local client) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c := &connection{tunnel: t, local: local, cancel: cancel}
	if !t.add(c) {
		cancel(nil)
		local.Close()
		return
	}
	go func() {
		defer t.wg.Done()
		defer t.remove(c)
		defer cancel(nil)
		c.serve(ctx)
	}()
}

// Connections is the number of clients that are connected or being held.
func (t *Tunnel) Connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// Close stops listening and ends every open connection. It does not wait: Serve does.
func (t *Tunnel) Close() {
	t.mu.Lock()
	t.closed = true
	if t.ln != nil {
		t.ln.Close()
	}
	t.mu.Unlock()
	t.Drop(ErrClosed)
}

func (t *Tunnel) add(c *connection) bool {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return false
	}
	if t.open == nil {
		t.open = map[*connection]struct{}{}
	}
	t.open[c] = struct{}{}
	t.wg.Add(1)
	t.mu.Unlock()
	t.changed()
	return true
}

func (t *Tunnel) remove(c *connection) {
	t.mu.Lock()
	delete(t.open, c)
	t.mu.Unlock()
	t.changed()
}

func (t *Tunnel) changed() {
	if t.Changed != nil {
		t.Changed()
	}
}

// died tells of a connection whose far side is gone. SSH allows nobody to tell the client
// why, but status can.
func (t *Tunnel) died() {
	t.log().Warn("a connection is given up", "error", ErrDead)
	if t.Died != nil {
		t.Died()
	}
}

func (t *Tunnel) farEnded() {
	if t.FarEnded != nil {
		t.FarEnded()
	}
}

func (t *Tunnel) log() *slog.Logger {
	if t.Log != nil {
		return t.Log
	}
	return slog.New(slog.DiscardHandler)
}

func (t *Tunnel) explain(err error) string {
	if t.Explain != nil {
		return t.Explain(err)
	}
	return err.Error()
}

func (t *Tunnel) admit(client net.Conn) error {
	if t.Admit != nil {
		return t.Admit(client)
	}
	return nil
}

func (t *Tunnel) again(err error) bool { return t.Again != nil && t.Again(err) }

func (t *Tunnel) greeting() string {
	if t.Greeting != nil {
		return t.Greeting()
	}
	return ""
}
