package tunnel

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// pingPeriod keeps proxies with a limit of 60 s from cutting a silent shell,
	// and lets it count as activity.
	pingPeriod = 25 * time.Second
	pingLimit  = 20 * time.Second
)

// relay copies both ways until one side ends, then ends the other. Writes block,
// so a slow reader slows its writer down and nothing piles up in between, but for a
// little that package pace keeps.
func (c *connection) relay(ctx context.Context, far net.Conn, first []byte) {
	whole := ctx // ends by us alone
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer far.Close()
	stop := context.AfterFunc(ctx, func() {
		far.Close()
		// The client has this long to read the last bytes, or to take them.
		time.AfterFunc(lingerTime, func() { c.local.Close() })
	})
	defer stop()
	p := c.pacer(ctx, first)
	defer p.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	v, l := newVital(), watchLogin(far)
	defer l.stop()
	died := sync.OnceFunc(func() { c.died(); cancel() })
	wg.Go(func() { v.watch(ctx, far, died) })
	c.checkedBy(func() {
		if !v.answers(ctx, far) {
			died()
		}
	})
	left := make(chan bool, 1)
	wg.Go(func() {
		client := down{p, v, l}
		c.copyDown(far, first, client)
		client.flush(p)
		c.farEnded(whole, l.isDone() && !leaves(ctx, left))
		c.local.CloseWrite()
		cancel()
	})
	left <- c.copyUp(up{overheard{far, p}, v, l}) || ctx.Err() != nil || v.gaveUp()
	c.checkedBy(nil)
	if v.gaveUp() {
		c.died()
	}
	cancel()
}

// leaveTime is within which the end of a client comes that has logged out. It closes its
// connection in the next moment, but the far side, who was told first, may be quicker.
const leaveTime = 200 * time.Millisecond

// leaves reports whether a relay, whose far side has ended, is ended by its client, too,
// which left tells before the relay is over, or by us, which is told elsewhere.
func leaves(ctx context.Context, left <-chan bool) bool {
	limit := time.NewTimer(leaveTime)
	defer limit.Stop()
	select {
	case <-limit.C:
		return false
	case <-ctx.Done():
	}
	select {
	case byClient := <-left:
		return byClient
	default:
		return true
	}
}

// died ends a connection whose far side is gone. SSH allows nobody to tell the client
// why, but status can.
func (c *connection) died() {
	c.tunnel.log().Warn("a connection is given up", "error", ErrDead)
	if c.tunnel.Died != nil {
		c.tunnel.Died()
	}
}

// copyDown carries the far side's bytes to the client. The far side's WriteTo,
// where it has one, brings its own buffers.
func (c *connection) copyDown(far net.Conn, first []byte, client down) {
	if !c.copyFirst(far, first) {
		return
	}
	client.l.begin()
	if w, ok := far.(io.WriterTo); ok {
		w.WriteTo(client)
		return
	}
	buf := buffers.Get().(*[largeBuffer]byte)
	defer buffers.Put(buf)
	io.CopyBuffer(client, struct{ io.Reader }{far}, buf[:])
}

// copyFirst carries what comes before the client has seen a host key. One that is
// refused is replaced by the reason: SSH allows it until the keys are in use.
func (c *connection) copyFirst(far net.Conn, first []byte) bool {
	if c.tunnel.CheckHostKey == nil {
		_, err := c.local.Write(first)
		return err == nil
	}
	err := c.passKeyExchange(far, first)
	if refused := (*refusedKeyError)(nil); errors.As(err, &refused) {
		c.tunnel.log().Warn("a host key was refused", "error", refused.why)
		c.local.Write(disconnect(c.tunnel.explain(refused.why)))
	}
	return err == nil
}

// copyUp carries the client's bytes to the far side. It waits with a small
// buffer and holds a large one only while the client fills it. When the far side
// takes no more, it goes on reading for a moment: see linger. It reports whether the
// client has ended, and not the far side.
func (c *connection) copyUp(out up) (byClient bool) {
	if len(c.sent) > 0 {
		if _, err := out.Write(c.sent); err != nil {
			c.linger()
			return false
		}
		c.sent = nil
	}
	small := make([]byte, smallBuffer)
	for {
		n, err := c.local.Read(small)
		if n > 0 {
			if _, err := out.Write(small[:n]); err != nil {
				c.linger()
				return false
			}
		}
		if err == nil && n == len(small) {
			err = c.copyBurst(out)
		}
		if err != nil {
			return !errors.Is(err, errFarSide)
		}
	}
}

const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
	burstPause  = time.Second // a burst is over when the client is silent this long
)

var buffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// copyBurst copies with a large buffer until the client pauses; then it returns nil, and
// errFarSide when the far side takes no more.
func (c *connection) copyBurst(out io.Writer) error {
	buf := buffers.Get().(*[largeBuffer]byte)
	defer buffers.Put(buf)
	for {
		c.local.SetReadDeadline(time.Now().Add(burstPause))
		n, err := c.local.Read(buf[:])
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				c.linger()
				return errFarSide
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.local.SetReadDeadline(time.Time{})
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var errFarSide = errors.New("the far side takes no more")

// A pinger can ask the far side for a sign of life.
type pinger interface {
	Ping(ctx context.Context) error
}
