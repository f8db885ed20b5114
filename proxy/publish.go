package proxy

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"baissh/proxy/state"
)

// A board shows the newest snapshot to whoever looks. One integer tells whether
// it changed, so that nothing is missed by those who look rarely.
type board struct {
	mu      sync.Mutex // guards what follows
	now     *state.Snapshot
	changed chan struct{} // closed when now changes
	ended   chan struct{} // closed when the engine ends
	closed  bool
}

func newBoard() board {
	return board{changed: make(chan struct{}), ended: make(chan struct{})}
}

func (b *board) start(version string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = &state.Snapshot{Version: version, Started: time.Now().Truncate(time.Second)}
}

// over is closed when the engine has ended.
func (b *board) over() <-chan struct{} { return b.ended }

// show publishes s if it says anything new.
func (b *board) show(s *state.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Index, s.Version, s.Started = b.now.Index, b.now.Version, b.now.Started
	if b.closed || equal(s, b.now) {
		return
	}
	s.Index++
	b.now = s
	close(b.changed)
	b.changed = make(chan struct{})
}

// equal compares hosts field by field first: of a thousand that are the same, that is
// most of the work.
func equal(a, b *state.Snapshot) bool {
	if !slices.Equal(a.Hosts, b.Hosts) {
		return reflect.DeepEqual(a, b)
	}
	x, y := *a, *b
	x.Hosts, y.Hosts = nil, nil
	return reflect.DeepEqual(x, y)
}

func (b *board) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.changed)
		close(b.ended)
	}
}

// wait returns the newest snapshot as soon as its index is above index, or the
// same one when ctx or the engine ends.
func (b *board) wait(ctx context.Context, index uint64) *state.Snapshot {
	for {
		b.mu.Lock()
		now, changed, closed := b.now, b.changed, b.closed
		b.mu.Unlock()
		if closed || now != nil && now.Index > index {
			return now
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now
		}
	}
}

// Status returns the newest snapshot as soon as its index is above index; with 0
// that is as soon as there is one. It must not be changed.
func (e *Engine) Status(ctx context.Context, index uint64) *state.Snapshot {
	return e.board.wait(ctx, index)
}

func (e *Engine) publish(wishes []wish, notices []string) {
	s := &state.Snapshot{Policy: e.settings.Policy, Notices: append(slices.Clone(e.notices), notices...)}
	if e.settingsErr != nil {
		s.Notices = append(s.Notices, settingsNotice(e.settingsErr))
	}
	for _, name := range e.settings.ProfileNames() {
		s.Profiles = append(s.Profiles, e.profiles[name].status(name))
	}
	s.Hosts = make([]state.Host, 0, len(wishes))
	for _, w := range wishes {
		s.Hosts = append(s.Hosts, e.host(w))
	}
	s.Hosts = append(s.Hosts, e.ended()...)
	slices.SortFunc(s.Hosts, func(a, b state.Host) int {
		return cmp.Or(strings.Compare(a.Profile, b.Profile), strings.Compare(a.Name, b.Name), strings.Compare(a.SessionID, b.SessionID))
	})
	s.Writers = slices.Clone(e.written)
	if e.sshState.Name != "" { // else nothing was to be written yet
		s.Writers = slices.Insert(s.Writers, 0, e.sshState)
	}
	e.board.show(s)
}

// ended are the hosts whose sessions are no more, for as long as their ports say so.
func (e *Engine) ended() (hosts []state.Host) {
	for key, l := range e.lines {
		if l.ended.IsZero() {
			continue
		}
		why := state.Ended(l.session.Name)
		hosts = append(hosts, state.Host{
			Alias: l.alias, Port: l.port, Profile: profileOfLine(key), SessionID: l.session.ID, Name: state.Printable(l.session.Name), Container: l.session.Container,
			SessionType: l.session.Type, Status: "TERMINATED", State: state.Over,
			Reason: why.Fact, Hint: why.Hint, Connections: l.tunnel.Connections(), Cut: l.lastCut(),
		})
	}
	return hosts
}

func (p *profile) status(name string) state.Profile {
	s := state.Profile{
		Name: name, Endpoint: p.conf.Endpoint, Manager: state.Printable(p.seen.release),
		State: "connected", NextTry: p.seen.nextTry.Truncate(time.Second),
	}
	if p.login != nil {
		s.Web, s.LoginEnds = true, p.login.Expires
	}
	if p.problem == nil {
		return s
	}
	s.Reason, s.Hint = p.problem.Fact, p.problem.Hint
	switch p.problem.Code {
	case state.SignInNeeded, state.SecretMissing, state.SignedOut:
		s.State = "signed-out"
	case state.SessionNotReady:
		s.State = "connecting"
	default:
		s.State = "unreachable"
	}
	return s
}

func (e *Engine) host(w wish) state.Host {
	h := state.Host{
		Alias: w.alias, Profile: w.profile,
		SessionID: w.session.ID, Name: state.Printable(w.session.Name), Container: w.session.Container, SessionType: w.session.Type,
		Status: state.Printable(w.session.Status), Image: state.Printable(w.session.Image), Project: state.Printable(w.session.Project),
		Enabled: w.enabled, Account: w.override.Account, Idle: w.session.Idle,
	}
	if l := e.lines[w.key]; l != nil && w.enabled {
		h.Port, h.Connections, h.Cut, h.Refusal = l.port, l.tunnel.Connections(), l.lastCut(), l.lastRefusal()
	}
	if id := e.memory.Hosts[w.host()].Identity; id != nil && w.enabled {
		h.HostKey, h.IdentityFile = id.HostKey, e.identityFile(w)
	}
	e.judge(&h, w)
	return h
}

// judge says in one word how a host is, and why.
func (e *Engine) judge(h *state.Host, w wish) {
	p := e.profiles[w.profile]
	because := func(s state.HostState, why *state.Problem) {
		h.State, h.Reason, h.Hint = s, why.Fact, why.Hint
	}
	switch {
	case w.alias == "":
		because(state.Failed, state.UnusableName(w.session.Name))
	case !w.enabled:
		because(state.Disabled, state.SwitchedOff(w.session.Name))
	case e.lines[w.key] == nil:
		because(state.Failed, e.noPort(w))
	case e.lines[w.key].tunnel.Deaf() != nil:
		because(state.Failed, state.NoHandles(e.lines[w.key].tunnel.Deaf()))
	case p.problem != nil:
		because(state.Waiting, p.problem)
	default:
		e.judgeSession(h, w, because)
	}
}

func (e *Engine) judgeSession(h *state.Host, w wish, because func(state.HostState, *state.Problem)) {
	if why := e.obstacle(w, e.profiles[w.profile]); why != nil {
		because(wordFor(w.session, why), why)
		return
	}
	h.State = state.Ready
	if why := e.keyNotice(w, e.memory.Hosts[w.host()].Identity); why != nil {
		because(state.Ready, why)
		if why.Code == state.KeyRefused || why.Code == state.HostKeyChanged {
			h.State = state.Failed
		}
	}
}

// wordFor is the state of a host that stands before an obstacle.
func wordFor(s state.Session, why *state.Problem) state.HostState {
	switch {
	case s.Ending():
		return state.Over
	case why.Code == state.SessionNotReady && s.Status != "ERROR":
		return state.Starting
	}
	return state.Failed
}

func (e *Engine) noPort(w wish) *state.Problem {
	if err := e.unopened[w.key]; err != nil {
		return state.NoHandles(err)
	}
	if port := w.fixedPort(); port != 0 {
		return e.portTaken(w, port)
	}
	return state.NoFreePort(w.session.Name, e.settings.PortRange[0], e.settings.PortRange[1])
}

func (e *Engine) portTaken(w wish, port int) *state.Problem {
	for _, l := range e.lines {
		switch {
		case l.port != port:
		case l.tunnel.Connections() > 0:
			return state.PortStillUsed(w.session.Name, port, l.session.Name)
		default:
			return state.PortOfAnother(w.session.Name, port, l.session.Name)
		}
	}
	return state.PortTaken(w.session.Name, port)
}
