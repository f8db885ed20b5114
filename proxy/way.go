package proxy

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"

	"baissh/proxy/backendai"
	"baissh/proxy/jump"
	"baissh/proxy/state"
)

// sshdPort is where the ssh server of every container listens, inside of it
// (src/ai/backend/agent and kernel runner: intrinsic port "sshd").
const sshdPort = 2200

// A way leads to the ssh server of one container. Tunnels end at the main one; to the
// others of a cluster it goes on from there.
type way struct {
	client  *backendai.Client // nil while the profile has none
	session state.Session
	logins  *logins // those at this container
	main    *logins // the rest is for going on: how to log in at the main container
	account string
	keyFile string
	hostKey string
}

// wayTo is the way to a wish's container.
func (e *Engine) wayTo(w wish, client *backendai.Client) way {
	to := way{client: client, session: w.session, logins: e.loginsAt(w.host())}
	if w.session.Container == "" {
		return to
	}
	to.main = e.loginsAt(w.mainHost())
	to.account, to.keyFile = w.override.Account, e.identityFile(w)
	if main := e.memory.Hosts[w.mainHost()].Identity; main != nil {
		to.hostKey = main.HostKey
	}
	return to
}

// known reports whether the way can be tried. Nothing is said to a main container whose
// host key is not pinned.
func (w way) known() bool { return w.session.Container == "" || w.hostKey != "" }

// dial opens a connection once there is room for one more log-in, which it takes until
// the client has logged in, or it is closed.
func (w way) dial(ctx context.Context) (net.Conn, error) {
	place, err := w.logins.enter(ctx, w.session.Name)
	if err != nil {
		return nil, err
	}
	conn, err := w.open(ctx)
	if err != nil {
		place.leave()
		if place.waited && ctx.Err() != nil { // it came too late for whatever else is said
			err = w.logins.inVain(w.session.Name, err)
		}
		return nil, err
	}
	return loggingIn(conn, place), nil
}

// open opens a connection, through the main container where that is another one.
func (w way) open(ctx context.Context) (net.Conn, error) {
	if w.session.Container == "" {
		return w.client.Dial(ctx, w.session.ID)
	}
	key, err := os.ReadFile(w.keyFile)
	if err != nil {
		return nil, state.NoOwnKey(w.session.Name).Because(err)
	}
	place, err := w.main.enter(ctx, w.session.Name)
	if err != nil {
		return nil, err
	}
	defer place.leave()
	conn, err := w.client.Dial(ctx, w.session.ID)
	if err != nil {
		return nil, err
	}
	main := jump.Server{Account: w.account, Key: key, HostKey: w.hostKey}
	far, err := main.Dial(ctx, conn, net.JoinHostPort(w.session.Container, strconv.Itoa(sshdPort)))
	return far, w.word(err)
}

// word says what kept us in the main container.
func (w way) word(err error) error {
	switch {
	case errors.Is(err, jump.ErrNoKey), errors.Is(err, jump.ErrRefused):
		return state.NoOwnKey(w.session.Name).Because(err)
	case errors.Is(err, jump.ErrNoWay):
		return state.Refused(w.session.Name).Because(err)
	}
	return err
}
