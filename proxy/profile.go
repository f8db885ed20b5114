package proxy

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// A profile is one login at work: its client and its observer.
type profile struct {
	conf     settings.Profile
	cancel   context.CancelFunc
	done     chan struct{}
	client   *backendai.Client // nil until the secret key was read
	observer *observer         // likewise
	seen     observation
	problem  *state.Problem // nil while all is well
	probing  chan struct{}  // holds a token for each session that is being probed
	stale    bool           // to be started anew, for what waits for a retry
	doubts   map[string]int // by session id: the last event since the newest list
}

// keepProfiles starts and stops profiles as the settings have them. A profile
// whose login changed is started anew and keeps what was known.
func (e *Engine) keepProfiles(ctx context.Context) {
	for name, p := range e.profiles {
		conf, wanted := e.settings.Profiles[name]
		if !wanted {
			p.stop()
			delete(e.profiles, name)
		} else if p.stale || !sameLogin(conf, p.conf) {
			p.stop()
			e.startProfile(ctx, name, conf, p.seen.sessions)
		} else {
			p.conf = conf
		}
	}
	for name, conf := range e.settings.Profiles {
		if e.profiles[name] == nil {
			e.startProfile(ctx, name, conf, e.memory.sessionsOf(name))
		}
	}
}

// sameLogin compares what a client and an observer are made of.
func sameLogin(a, b settings.Profile) bool {
	for _, p := range []*settings.Profile{&a, &b} {
		p.Sessions, p.Account, p.IdentityFile, p.AliasPrefix = nil, "", "", ""
	}
	return reflect.DeepEqual(a, b)
}

func (e *Engine) startProfile(ctx context.Context, name string, conf settings.Profile, known map[string]state.Session) {
	ctx, cancel := context.WithCancel(ctx)
	p := &profile{
		conf: conf, cancel: cancel, done: make(chan struct{}), problem: state.Opening(),
		doubts: map[string]int{}, probing: make(chan struct{}, maxProbing),
	}
	p.seen.sessions = maps.Clone(known)
	e.profiles[name] = p
	go func() {
		defer close(p.done)
		e.runProfile(ctx, name, p, conf, maps.Clone(known))
	}()
}

func (p *profile) stop() {
	p.cancel()
	<-p.done
	if p.client != nil {
		p.client.Close()
	}
}

// runProfile reads the secret key, which may take until the user unlocks the
// keyring, and observes. It hands all it learns to the loop.
func (e *Engine) runProfile(ctx context.Context, name string, p *profile, conf settings.Profile, known map[string]state.Session) {
	client, ok := e.signIn(ctx, name, p, conf)
	if !ok {
		return
	}
	tell := func(seen observation) {
		e.post(ctx, func() { e.see(name, p, seen) })
	}
	o := newObserver(client, known, tell, e.Log.With("profile", name))
	o.heard = func(id string, number int) { e.post(ctx, func() { p.doubts[id] = number }) }
	e.post(ctx, func() { p.client, p.observer = client, o })
	o.run(ctx)
}

// see takes over what the observer saw. What failed while the manager was away is
// tried again with its return.
func (e *Engine) see(name string, p *profile, seen observation) {
	if p.problem != nil && seen.err == nil {
		e.refetch(name)
	}
	p.see(name, seen)
}

func (p *profile) see(name string, seen observation) {
	p.seen, p.problem = seen, nil
	maps.DeleteFunc(p.doubts, func(_ string, number int) bool { return number <= seen.heard })
	if seen.err != nil {
		p.problem = managerProblem(name, p.conf.Endpoint, seen.err)
	}
}

func (e *Engine) signIn(ctx context.Context, name string, p *profile, conf settings.Profile) (*backendai.Client, bool) {
	if conf.Wrong != nil {
		e.post(ctx, func() { p.problem = state.BadProfile(name, conf.Wrong) })
		return nil, false // only other settings can help
	}
	secrets := settings.SecretsOf(conf.Secret, e.Home)
	pauses := newPauses()
	for ctx.Err() == nil {
		secret, err := secrets.Get(ctx, conf)
		if err == nil {
			client, err := newClient(conf, secret)
			if err == nil {
				return client, true
			}
			e.post(ctx, func() { p.problem = state.BadProfile(name, err) })
			return nil, false // likewise
		}
		problem := state.WithoutSecret(name, secrets.Where())
		if !errors.Is(err, settings.ErrNoSecret) {
			problem = state.SecretLocked(name, secrets.Where(), err)
		}
		e.post(ctx, func() { p.problem = problem })
		sleep(ctx, min(pauses.NextBackOff(), time.Minute))
	}
	return nil, false
}

func newClient(conf settings.Profile, secret string) (*backendai.Client, error) {
	return backendai.New(backendai.Config{
		Endpoint: conf.Endpoint,
		Keys:     backendai.KeyPair{AccessKey: conf.AccessKey, SecretKey: secret},
		Trust:    backendai.Trust{CAFile: conf.CAFile, ServerKey: conf.ServerKey},
	})
}

// renewSecret starts a profile anew if its secret key is another than the one that
// it works with: the manager would refuse that only some time later.
func (e *Engine) renewSecret(ctx context.Context, p *profile) {
	conf, client := p.conf, p.client
	if client == nil {
		return
	}
	e.work.Go(func() {
		secret, err := settings.SecretsOf(conf.Secret, e.Home).Get(ctx, conf)
		if err == nil && !client.Uses(secret) {
			e.post(ctx, func() { p.stale = p.client == client })
		}
	})
}
