package proxy

import (
	"context"
	"time"
)

// lastLogin is the profile that had a login last: p, or that before it.
func (p *profile) lastLogin() *profile {
	if p.client == nil {
		return p.former
	}
	return p
}

// replaceLogin ends the login that p has come in the place of, if that was ours, as soon
// as lines lead past it. It would go on for days, and some releases let a user have only
// so many.
func (e *Engine) replaceLogin(p *profile) {
	former := p.former
	p.former = nil
	if former == nil || former.login == nil || former.login.Imported || p.client.Uses(former.login.ID) {
		return
	}
	e.afterTurn = append(e.afterTurn, func() {
		e.work.Go(func() { e.retire(former) }) // ends with the engine
	})
}

// retire ends a login for as long as it takes: first all that is open with it has to end,
// which may be a shell, since the end of a tunnel can revive a login.
func (e *Engine) retire(former *profile) {
	defer former.client.Close()
	pauses := newPauses()
	for {
		_ = former.client.AwaitNoTunnels(e.running) // else all tunnels are about to end
		sleep(e.running, lastMoments)
		err := former.endLogin(e.running)
		if err == nil || e.running.Err() != nil {
			return
		}
		e.Log.Debug("the former login was not ended", "error", err)
		sleep(e.running, pauses.NextBackOff())
	}
}

const (
	lastMoments = time.Second     // of a tunnel at the server may come after ours
	retireLimit = 5 * time.Second // so long the end of the engine may wait for it
)

// endLogin tries once, and does so when the engine ends, too.
func (p *profile) endLogin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), retireLimit)
	defer cancel()
	if err := p.client.AwaitNoTunnels(ctx); err != nil {
		return err
	}
	return p.client.LogOut(ctx)
}
