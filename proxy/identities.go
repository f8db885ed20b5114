package proxy

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// A fetch is the work of learning one incarnation's key and host key.
type fetch struct {
	incarnation state.Incarnation
	cancel      context.CancelFunc
	pauses      *backoff.ExponentialBackOff
	problem     *state.Problem // why the last try failed, nil before
}

// keepIdentities sees to it that every enabled session that runs has its key
// and its host key fetched, once for each incarnation.
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
	now := w.session.Incarnation()
	if id := e.memory.Hosts[w.session.ID].Identity; id != nil && sameIncarnation(id.Incarnation, now) {
		return
	}
	if f := e.fetches[w.session.ID]; f != nil {
		if sameIncarnation(f.incarnation, now) {
			return
		}
		f.cancel()
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch{incarnation: now, cancel: cancel, pauses: newPauses()}
	e.fetches[w.session.ID] = f
	e.work.Go(func() { e.fetchUntilDone(ctx, w, client, f) })
}

// fetchUntilDone tries later and later until it has the identity or ctx ends.
func (e *Engine) fetchUntilDone(ctx context.Context, w wish, client *backendai.Client, f *fetch) {
	f.pauses.MaxInterval = time.Minute
	for ctx.Err() == nil {
		id, err := fetchIdentity(ctx, client, w.session, w.override.Account, w.override.IdentityFile)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			e.post(ctx, func() { e.adopt(w, f, id) })
			return
		}
		e.Log.Info("a session is not ready for ssh yet", "session", w.session.Name, "error", err)
		problem := tunnelProblem(target{session: w.session, profile: w.profile, client: client}, err)
		e.post(ctx, func() { f.problem = problem })
		sleep(ctx, f.pauses.NextBackOff())
	}
}

// adopt takes over an identity and puts the key where ssh will look for it.
func (e *Engine) adopt(w wish, f *fetch, id *identity) {
	h, ok := e.memory.Hosts[w.session.ID]
	if !ok || e.fetches[w.session.ID] != f {
		return // the session ended or started anew in the meantime
	}
	delete(e.fetches, w.session.ID)
	if id.HasKey {
		if _, err := e.ssh.WriteKey(h.Alias, id.key); err != nil {
			e.Log.Error("write a key file", "session", w.session.Name, "error", err)
			id.HasKey = false
		}
		id.key = nil
	}
	h.Identity = id
	e.memory.Hosts[w.session.ID] = h
}
