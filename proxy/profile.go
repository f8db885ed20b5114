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
	client   *backendai.Client  // nil until the secret was read
	observer *observer          // likewise
	login    *settings.WebLogin // likewise; nil for one with a key pair
	use      use
	seen     observation
	problem  *state.Problem // nil while all is well
	probing  chan struct{}  // holds a token for each session that is being probed
	stale    bool           // to be started anew, for what waits for a retry
	former   *profile       // what it was before; nil once its login is taken care of
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
			e.startProfile(ctx, name, conf, p.seen.sessions, p.lastLogin())
		} else {
			p.conf = conf
		}
	}
	for name, conf := range e.settings.Profiles {
		if e.profiles[name] == nil {
			e.startProfile(ctx, name, conf, e.memory.sessionsOf(name), nil)
		}
	}
}

// fairTime is how long an answer may take for nobody to be in a hurry to ask anew.
const fairTime = 10 * time.Second

// isTrying reports whether what waits for a retry is being tried. To begin that anew
// again and again, as a script may, would not let it come to its end.
func (p *profile) isTrying(now time.Time) bool {
	if p.observer == nil {
		return p.problem != nil && p.problem.Code == state.SessionNotReady // the secret is being read
	}
	asked := p.observer.asked.Load()
	return asked != 0 && now.Sub(time.Unix(0, asked)) < fairTime
}

// sameLogin compares what a client and an observer are made of.
func sameLogin(a, b settings.Profile) bool {
	for _, p := range []*settings.Profile{&a, &b} {
		p.Sessions, p.Account, p.IdentityFile, p.AliasPrefix = nil, "", "", ""
	}
	return reflect.DeepEqual(a, b)
}

func (e *Engine) startProfile(ctx context.Context, name string, conf settings.Profile, known map[string]state.Session, former *profile) {
	ctx, cancel := context.WithCancel(ctx)
	p := &profile{
		conf: conf, cancel: cancel, done: make(chan struct{}), problem: state.Opening(),
		doubts: map[string]int{}, probing: make(chan struct{}, maxProbing), former: former,
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
	client, login, ok := e.signIn(ctx, name, p, conf)
	if !ok {
		return
	}
	tell := func(seen observation) {
		e.post(ctx, func() { e.see(name, p, seen) })
	}
	o := newObserver(client, known, tell, e.Log.With("profile", name))
	o.heard = func(id string, number int) { e.post(ctx, func() { p.doubts[id] = number }) }
	e.post(ctx, func() {
		p.client, p.observer, p.login = client, o, login
		e.replaceLogin(p)
	})
	if login != nil {
		keeper := &loginKeeper{client: client, login: *login, use: &p.use, secrets: settings.SecretsOf(conf.Secret, e.Home), conf: conf, log: o.log}
		keeper.tell = func(l settings.WebLogin) { e.post(ctx, func() { p.login = &l }) }
		keeper.ended = o.lookSoon
		e.work.Go(func() { keeper.run(ctx) })
	}
	o.run(ctx)
}

// see takes over what the observer saw. What failed while the manager was away is
// tried again with its return.
func (e *Engine) see(name string, p *profile, seen observation) {
	if p.problem != nil && p.problem.Code != state.SessionNotReady && seen.err == nil {
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

func (e *Engine) signIn(ctx context.Context, name string, p *profile, conf settings.Profile) (*backendai.Client, *settings.WebLogin, bool) {
	if conf.Wrong != nil {
		e.post(ctx, func() { p.problem = state.BadProfile(name, conf.Wrong) })
		return nil, nil, false // only other settings can help
	}
	secrets := settings.SecretsOf(conf.Secret, e.Home)
	pauses := newPauses()
	for ctx.Err() == nil {
		secret, err := secrets.Get(ctx, conf)
		if err == nil {
			client, login, err := newClient(conf, secret, e.dial)
			if err == nil {
				return client, login, true
			}
			e.post(ctx, func() { p.problem = state.BadProfile(name, err) })
			return nil, nil, false // likewise
		}
		problem := state.WithoutSecret(name, secrets.Where())
		if conf.EndpointType == settings.WebEndpoint {
			problem = state.NotSignedIn(name)
		}
		if !errors.Is(err, settings.ErrNoSecret) {
			problem = state.SecretLocked(name, secrets.Where(), err)
		}
		e.post(ctx, func() { p.problem = problem })
		sleep(ctx, min(pauses.NextBackOff(), time.Minute))
	}
	return nil, nil, false
}

// newClient makes of a secret what speaks with the manager, or with the web server
// that it is a login of.
func newClient(conf settings.Profile, secret string, dial dialer) (*backendai.Client, *settings.WebLogin, error) {
	cfg := backendai.Config{Endpoint: conf.Endpoint, Trust: backendai.Trust{CAFile: conf.CAFile, ServerKey: conf.ServerKey}, Dial: dial}
	if conf.EndpointType != settings.WebEndpoint {
		cfg.Keys = backendai.KeyPair{AccessKey: conf.AccessKey, SecretKey: secret}
		client, err := backendai.New(cfg)
		return client, nil, err
	}
	login, err := settings.ParseWebLogin(secret)
	if err != nil {
		return nil, nil, err
	}
	cfg.Login = &backendai.WebLogin{AccessKey: conf.AccessKey, SessionID: login.ID, Expires: login.Expires}
	client, err := backendai.New(cfg)
	return client, &login, err
}

// sameSecret reports whether a client works with what the store has.
func sameSecret(conf settings.Profile, client interface{ Uses(secret string) bool }, secret string) bool {
	if conf.EndpointType != settings.WebEndpoint {
		return client.Uses(secret)
	}
	login, err := settings.ParseWebLogin(secret)
	return err == nil && client.Uses(login.ID)
}

// renewSecret starts a profile anew if its secret is another than the one that it
// works with, which the manager would refuse only some time later, or is gone,
// since somebody signed out.
func (e *Engine) renewSecret(ctx context.Context, p *profile) {
	conf, client := p.conf, p.client
	if client == nil {
		return
	}
	e.work.Go(func() {
		secret, err := settings.SecretsOf(conf.Secret, e.Home).Get(ctx, conf)
		if errors.Is(err, settings.ErrNoSecret) || err == nil && !sameSecret(conf, client, secret) {
			e.post(ctx, func() { p.stale = p.client == client })
		}
	})
}
