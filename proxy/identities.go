package proxy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"baissh/proxy/backendai"
	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
)

// A fetch is the work of learning one incarnation's key and host key.
type fetch struct {
	wish    wish      // as it was when the work began
	way     way       // likewise
	known   *identity // lacks nothing but its key file; nil for everything
	cancel  context.CancelFunc
	probing chan struct{}  // the profile's
	problem *state.Problem // why the last try failed, nil before
	failed  time.Time      // when it was
	said    state.Code     // what the log says of it; for the worker only
}

// fits reports whether the work is what the wish still needs.
func (f *fetch) fits(w wish, to way) bool {
	return f.way.client == to.client && f.way.hostKey == to.hostKey && f.way.keyFile == to.keyFile && f.wish.session.Incarnation().Same(w.session.Incarnation()) &&
		f.wish.override == w.override && f.wish.ownKey == w.ownKey
}

// awaitsKey reports whether nothing is missing but the session's own key file, without
// which nobody logs in.
func (f *fetch) awaitsKey() bool {
	return f != nil && f.known != nil && f.known.IdentityFile == ""
}

// keepIdentities sees to it that every enabled session that runs has its key
// and its host key fetched, once for each incarnation. A key file that is gone,
// or that a new alias needs in another place, is fetched again by itself.
func (e *Engine) keepIdentities(ctx context.Context, wishes []wish, keys map[string]bool) {
	wanted := make(map[string]bool, len(wishes))
	for _, w := range wishes {
		if p := e.profiles[w.profile]; w.enabled && w.session.Running() && w.session.HasSSH && p.client != nil {
			wanted[w.host()] = true
			e.keepIdentity(ctx, w, p.client, keys)
		}
	}
	for key, f := range e.fetches {
		if !wanted[key] {
			f.cancel()
			delete(e.fetches, key)
		}
	}
}

// keyFiles are the names in the keys' folder. What cannot be read is as good as not
// there, but for want of a handle to read it by.
func (e *Engine) keyFiles() map[string]bool {
	files, err := e.ssh.KeyFiles()
	if outOfHandles(err) {
		return e.keys
	}
	if err != nil {
		e.Log.Warn("look at the key files", "error", err)
	}
	e.keys = files
	return files
}

func (e *Engine) keepIdentity(ctx context.Context, w wish, client *backendai.Client, keys map[string]bool) {
	known := e.memory.Hosts[w.host()].Identity
	if known.doubted(w) {
		return // until a person says that the new host key is right
	}
	if !known.fits(w) {
		known = nil
	}
	if known != nil && (!known.HasKey || !e.keepsKey(w) || keys[w.alias]) {
		return
	}
	to := e.wayTo(w, client)
	if !to.known() {
		return // the main container's identity comes first
	}
	if f := e.fetches[w.host()]; f != nil {
		if f.fits(w, to) {
			return
		}
		f.cancel()
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch{wish: w, way: to, known: known, cancel: cancel, probing: e.profiles[w.profile].probing}
	e.fetches[w.host()] = f
	e.work.Go(func() { e.fetchUntilDone(ctx, f) })
}

// fetchUntilDone tries later and later until the identity is in use or ctx ends.
func (e *Engine) fetchUntilDone(ctx context.Context, f *fetch) {
	pauses := newPauses()
	// The first tries are quick: an ssh server may be up a moment after its session.
	pauses.InitialInterval, pauses.Multiplier, pauses.MaxInterval = 200*time.Millisecond, 2, probeRest
	for ctx.Err() == nil {
		id, err := f.try(ctx)
		if err == nil {
			err = e.handOver(ctx, f, id)
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		problem := tunnelProblem(target{session: f.wish.session, profile: f.wish.profile, client: f.way.client}, err)
		if f.said != problem.Code { // not each time anew
			f.said = problem.Code
			e.Log.Info("a session is not ready for ssh", "session", f.wish.session.Name, "error", err)
		}
		e.post(ctx, func() { f.problem, f.failed = problem, time.Now() })
		sleep(ctx, fetchPause(pauses, err))
	}
}

// fetchPause is shorter where the manager did not find what it lists: that passes, and
// to ask costs the session nothing, as no tunnel is opened. It grows on where there was
// one and nobody behind it: each counts as use of the session. An ssh server that is only
// busy is not for long. A client that comes has it tried at once.
func fetchPause(pauses *backoff.ExponentialBackOff, err error) time.Duration {
	pause := pauseAfter(pauses, err)
	switch kind := backendai.KindOf(err); {
	case kind == backendai.Gone:
		return min(pause, goneWait)
	case isBroken(err), kind == backendai.Limited, kind == backendai.SignIn:
		return pause
	}
	return min(pause, lastRetry)
}

func isBroken(err error) bool {
	var p *state.Problem
	return errors.Is(err, errProbeSilent) || backendai.NoSSHServer(err) || errors.As(err, &p) && p.Code == state.TunnelRefused
}

const (
	goneWait  = 10 * time.Second
	probeRest = 15 * time.Minute // between probes of an ssh server that is broken
)

// keepsKeys reports whether any program is told of key files.
func (e *Engine) keepsKeys() bool {
	return e.ssh.Mode != sshconfig.Off ||
		slices.ContainsFunc(e.written, func(w state.Writer) bool { return w.State != "off" })
}

// keepsKey reports whether a key file is kept for the wish: all containers of a cluster
// take that of the main one.
func (e *Engine) keepsKey(w wish) bool { return w.session.Container == "" && e.keepsKeys() }

// handOver has the loop take the identity into use, and returns what came of it.
func (e *Engine) handOver(ctx context.Context, f *fetch, id *identity) error {
	adopted := make(chan error, 1)
	e.post(ctx, func() { adopted <- e.adopt(f, id) })
	select {
	case err := <-adopted:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxProbing is how many sessions of a profile are probed at a time. A manager
// opens tunnels one after the other, some in half a second: more at once would
// only time out together, and keep it from everybody else.
const maxProbing = 2

func (f *fetch) try(ctx context.Context) (*identity, error) {
	select {
	case f.probing <- struct{}{}:
		defer func() { <-f.probing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.known != nil {
		return f.known.withKey(ctx, f.way.client)
	}
	return fetchIdentity(ctx, f.way, f.wish)
}

// adopt takes over an identity and puts the key where ssh will look for it.
func (e *Engine) adopt(f *fetch, id *identity) error {
	session := f.wish.session
	key := f.wish.host()
	h, ok := e.memory.Hosts[key]
	if !ok || e.fetches[key] != f {
		return nil // the session ended or started anew in the meantime
	}
	if old := h.Identity; old != nil && old.Incarnation.Same(id.Incarnation) && old.HostKey != id.HostKey {
		delete(e.fetches, key)
		h.Identity = old.judged(false)
		e.memory.Hosts[key] = h
		return nil
	}
	if other := e.ownerOf(h.Identity, id); other != "" {
		return state.LedAstray(session.Name, other)
	}
	if id.HasKey && e.keepsKey(f.wish) {
		if _, err := e.ssh.WriteKey(h.Alias, id.key); err != nil {
			return state.KeyNotKept(session.Name, err)
		}
	}
	id.key = nil
	delete(e.fetches, key)
	h.Identity = id
	e.memory.Hosts[key] = h
	e.Log.Info("a session is ready for ssh", "session", session.Name, "alias", h.Alias)
	return nil
}

// ownerOf is the alias of the host whose ssh server has answered in the place of one that
// was restarted, or "". A restart may move the ports of a container, which the manager
// does not notice, and the next session gets the former ones. Host keys that come with an
// image are the same in many sessions, but a restart does not change them.
func (e *Engine) ownerOf(before, now *identity) string {
	if before == nil || before.Incarnation.SessionID != now.Incarnation.SessionID || before.HostKey == now.HostKey {
		return ""
	}
	for _, h := range e.memory.Hosts { // also of other profiles, in which the session may be, too
		if h.Identity != nil && h.Identity.HostKey == now.HostKey && h.Session.ID != now.Incarnation.SessionID {
			return h.Alias
		}
	}
	return ""
}
