package proxy

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
)

// use tells whether somebody uses a profile: has ssh open, or had it since the
// question before.
type use struct {
	open    atomic.Int64
	touched atomic.Bool
}

func (u *use) note(connections int) {
	u.open.Store(int64(connections))
	if connections > 0 {
		u.touched.Store(true)
	}
}

func (u *use) lately() bool { return u.touched.Swap(false) || u.open.Load() > 0 }

// noteUse counts the connections of each profile.
func (e *Engine) noteUse() {
	open := map[string]int{}
	for key, l := range e.lines {
		name, _, _ := strings.Cut(key, "/")
		open[name] += l.tunnel.Connections()
	}
	for name, p := range e.profiles {
		p.use.note(open[name])
	}
}

// loginNews is how long before its end a login is announced to need its owner.
const loginNews = 24 * time.Hour

// loginNotices announce the ends of logins, but of those that are about to be
// extended.
func (e *Engine) loginNotices(now time.Time) (notices []string) {
	for _, name := range e.settings.ProfileNames() {
		p := e.profiles[name]
		if p.login == nil || p.login.Expires.IsZero() || p.client == nil {
			continue
		}
		left := p.login.Expires.Sub(now)
		if 0 < left && left <= loginNews && !(p.client.CanExtend() && p.use.open.Load() > 0) {
			notices = append(notices, loginNotice(name, p.login.Expires))
		}
	}
	return notices
}

// A loginKeeper has a login last for as long as somebody uses it, where the
// release can do that, and sees to it that its end is noticed.
type loginKeeper struct {
	client  loginClient
	login   settings.WebLogin
	use     *use
	secrets settings.Secrets
	conf    settings.Profile
	tell    func(settings.WebLogin)
	ended   func() // it seems to have, or is about to
	log     *slog.Logger
}

// A loginClient is what a keeper needs of a client.
type loginClient interface {
	CanExtend() bool
	Extend(ctx context.Context) (ends time.Time, err error)
	Uses(secret string) bool
}

// endMargin is how long after its end a login is over at the server, too: it counts
// from its answer on, we in whole seconds from the question.
const endMargin = 2 * time.Second

// run keeps the login until the server does not know it any more: to ask again and
// again would be of no use.
func (k *loginKeeper) run(ctx context.Context) {
	for ctx.Err() == nil {
		sleep(ctx, extendPause(k.login.Expires, time.Now()))
		switch {
		case ctx.Err() != nil:
		case !k.login.Expires.IsZero() && time.Since(k.login.Expires) > endMargin:
			k.login.Expires = time.Time{} // somebody else may have extended it
			k.tell(k.login)
			k.ended()
		case k.client.CanExtend() && k.use.lately() && !k.extend(ctx):
			k.ended()
			return
		}
	}
}

// extend reports whether the server still knows the login.
func (k *loginKeeper) extend(ctx context.Context) bool {
	ends, err := k.client.Extend(ctx)
	if err != nil {
		k.log.Debug("the login was not extended", "error", err)
		return backendai.KindOf(err) != backendai.SignIn
	}
	k.login.Expires = ends.Truncate(time.Second)
	k.keep(ctx)
	k.tell(k.login)
	return true
}

// extendPause is the time between two extensions: an hour, and less for a login
// that lasts for hours only. Of one whose end nobody knows it is found out soon.
func extendPause(ends, now time.Time) time.Duration {
	if ends.IsZero() {
		return time.Minute
	}
	return min(max(ends.Sub(now)/8, time.Second), time.Hour)
}

// keep remembers the new end for the next engine, unless somebody has signed in
// anew meanwhile. It is not worth more than a try: the server knows the end.
func (k *loginKeeper) keep(ctx context.Context) {
	secret, err := k.secrets.Get(ctx, k.conf)
	if err != nil || !sameSecret(k.conf, k.client, secret) {
		return
	}
	if err := k.secrets.Set(ctx, k.conf, k.login.Secret()); err != nil {
		k.log.Debug("the new end of the login was not kept", "error", err)
	}
}
