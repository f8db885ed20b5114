package tunnel

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"baissh/proxy/pace"
)

const (
	// pingPeriod keeps proxies with a limit of 60 s from cutting a silent shell,
	// and lets it count as activity.
	pingPeriod = 25 * time.Second
	pingLimit  = 20 * time.Second
	// leaveTime is within which a client that has logged out closes its connection. The far
	// side, who was told first, may be quicker: that is not what ended it.
	leaveTime = 200 * time.Millisecond
)

// A relay copies both ways between a client and the far side that was reached for it,
// until one of them ends or is ended; then it ends the other.
type relay struct {
	*connection
	ctx   context.Context // the connection's: its cause says who ended it
	far   net.Conn
	pacer *pace.Writer
	vital *vital
	login *login
}

func (c *connection) relay(ctx context.Context, far net.Conn, first []byte) {
	r := &relay{c, ctx, far, c.pacer(ctx, first), newVital(), watchLogin(far)}
	defer r.release()
	stop := context.AfterFunc(ctx, r.close)
	defer stop()
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { r.vital.watch(ctx, far, r.died) })
	r.begin()
	both.Go(func() { r.down(first) })
	r.up()
}

// begin makes the relay one that Move, Drop and Check know.
func (r *relay) begin() {
	r.tunnel.mu.Lock()
	defer r.tunnel.mu.Unlock()
	r.reached = r
	if r.where != r.tunnel.moves { // in this very moment
		r.cancel(ErrAnother)
	}
}

// down carries the far side's bytes to the client, until one of them ends.
func (r *relay) down(first []byte) {
	client := down{r.pacer, r.vital, r.login}
	r.copyDown(first, client)
	client.flush(r.pacer)
	if r.login.isDone() {
		pause(r.ctx, leaveTime)
	}
	r.over(errFarSide)
	r.local.CloseWrite()
}

// up carries the client's bytes to the far side, until one of them ends.
func (r *relay) up() {
	err := r.copyUp(up{overheard{r.far, r.pacer}, r.vital, r.login})
	switch {
	case r.vital.gaveUp():
		err = ErrDead
	case !errors.Is(err, errFarSide):
		err = errClientGone
	}
	r.over(err)
}

// errFarSide ends a relay whose far side has ended, or takes no more.
var errFarSide = errors.New("the far side has ended the connection")

func (r *relay) died() { r.over(ErrDead) }

// over ends the relay, and tells why in the same moment, unless it has been ended before:
// what Move and Drop end, they count.
func (r *relay) over(why error) {
	r.tunnel.mu.Lock()
	defer r.tunnel.mu.Unlock()
	r.reached = nil
	if r.ctx.Err() != nil {
		return
	}
	switch {
	case why == ErrDead:
		r.tunnel.died()
	case why == errFarSide && r.login.isDone():
		r.tunnel.farEnded()
	}
	r.cancel(why)
}

// close ends both sides. The client has some time to read the last bytes, or to take them.
func (r *relay) close() {
	r.login.stop()
	r.far.Close()
	time.AfterFunc(lingerTime, func() { r.local.Close() })
}

// release returns when the far side knows.
func (r *relay) release() {
	r.pacer.Close()
	r.far.Close()
}

// A pinger can ask the far side for a sign of life.
type pinger interface {
	Ping(ctx context.Context) error
}
