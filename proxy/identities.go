package proxy

import (
	"context"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// A fetch is the work of learning one incarnation's key and host key.
type fetch struct {
	wish    wish              // as it was when the work began
	client  *backendai.Client // likewise
	known   *identity         // lacks nothing but its key file; nil for everything
	cancel  context.CancelFunc
	problem *state.Problem // why the last try failed, nil before
}

// fits reports whether the work is what the wish still needs.
func (f *fetch) fits(w wish, client *backendai.Client) bool {
	return f.client == client && sameIncarnation(f.wish.session.Incarnation(), w.session.Incarnation()) &&
		f.wish.override == w.override && f.wish.ownKey == w.ownKey
}

// keepIdentities sees to it that every enabled session that runs has its key
// and its host key fetched, once for each incarnation. A key file that is gone,
// or that a new alias needs in another place, is fetched again by itself.
func (e *Engine) keepIdentities(ctx context.Context, wishes []wish) {
	wanted := map[string]bool{}
	for _, w := range wishes {
		if p := e.profiles[w.profile]; w.enabled && w.session.Running() && w.session.HasSSH && p.client != nil {
			wanted[w.session.ID] = true
			e.keepIdentity(ctx, w, p.client)
		}
	}
	for id, f := range e.fetches {
		if !wanted[id] {
			f.cancel()
			delete(e.fetches, id)
		}
	}
}

func (e *Engine) keepIdentity(ctx context.Context, w wish, client *backendai.Client) {
	known := e.memory.Hosts[w.session.ID].Identity
	if !known.fits(w) {
		known = nil
	}
	if known != nil && (!known.HasKey || e.ssh.HasKey(w.alias)) {
		return
	}
	if f := e.fetches[w.session.ID]; f != nil {
		if f.fits(w, client) {
			return
		}
		f.cancel()
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch{wish: w, client: client, known: known, cancel: cancel}
	e.fetches[w.session.ID] = f
	e.work.Go(func() { e.fetchUntilDone(ctx, f) })
}

// fetchUntilDone tries later and later until it has the identity or ctx ends.
func (e *Engine) fetchUntilDone(ctx context.Context, f *fetch) {
	pauses := newPauses()
	pauses.MaxInterval = time.Minute
	for ctx.Err() == nil {
		id, err := f.try(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			e.post(ctx, func() { e.adopt(f, id) })
			return
		}
		e.Log.Info("a session is not ready for ssh yet", "session", f.wish.session.Name, "error", err)
		problem := tunnelProblem(target{session: f.wish.session, profile: f.wish.profile, client: f.client}, err)
		e.post(ctx, func() { f.problem = problem })
		sleep(ctx, pauses.NextBackOff())
	}
}

func (f *fetch) try(ctx context.Context) (*identity, error) {
	if f.known != nil {
		return f.known.withKey(ctx, f.client)
	}
	return fetchIdentity(ctx, f.client, f.wish)
}

// adopt takes over an identity and puts the key where ssh will look for it.
func (e *Engine) adopt(f *fetch, id *identity) {
	session := f.wish.session
	h, ok := e.memory.Hosts[session.ID]
	if !ok || e.fetches[session.ID] != f {
		return // the session ended or started anew in the meantime
	}
	delete(e.fetches, session.ID)
	if id.HasKey {
		if _, err := e.ssh.WriteKey(h.Alias, id.key); err != nil {
			e.Log.Error("write a key file", "session", session.Name, "error", err)
			id.HasKey = false
		}
		id.key = nil
	}
	h.Identity = id
	e.memory.Hosts[session.ID] = h
}
