// Package proxy is the engine: it observes the sessions of every profile, plans
// which hosts they should become, applies the plan to tunnels and to other
// programs' files, and publishes what became of it.
//
// The loop is level-triggered and idempotent. Each turn compares all that is
// wanted with all that is there, so that a lost event costs one period and no
// more. Failures are data: they are in the Snapshot, and change nothing else.
package proxy

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"baissh/proxy/atomicfile"
	"baissh/proxy/filezilla"
	"baissh/proxy/folders"
	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
)

// An Engine runs the loop for one home. Set the fields before Run.
type Engine struct {
	Home    folders.Home
	Version string
	Log     *slog.Logger

	// Tests that play with time replace these; nil is the machine's network.
	dial   dialer
	listen func(port int) (net.Listener, error)

	board  board
	wishes chan func()  // what the loop is asked to do between turns
	others atomic.Value // of settings.OtherUsers, for the lines
	pace   atomic.Value // of settings.Pace, likewise

	// The rest belongs to the loop's goroutine.
	running     context.Context   // ends with the engine
	settings    settings.Settings // the last that were good
	settled     bool              // there were good ones since the start
	settingsErr error             // what is wrong with the file now
	emptied     bool              // the file has no profile, which is not believed yet
	memory      *memory
	notices     []string // said once at start and kept
	profiles    map[string]*profile
	lines       map[string]*lineState // by line key
	unopened    map[string]error      // by line key: why there is none, if not for want of a port
	keys        map[string]bool       // see keyFiles
	fetches     map[string]*fetch     // by hostKey
	logins      map[string]*logins    // likewise
	ssh         *sshconfig.Writer
	sshState    state.Writer
	filezilla   *filezilla.Writer
	writers     []writer       // all but ssh's
	written     []state.Writer // what became of each
	unsaved     error          // why the memory is not on disk
	afterTurn   []func()       // for those who wait until their wish was granted
	work        sync.WaitGroup
}

// A dialer has the form that net and net/http have for it.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// How often a turn is made when nothing happens at all, and when a file could not be
// written: room on a disk comes without an event.
const (
	housekeeping = time.Minute
	writeAgain   = 5 * time.Second
)

// New returns an engine for a home.
func New(home folders.Home, version string, log *slog.Logger) *Engine {
	fz, writers := newWriters(home)
	return &Engine{
		filezilla: fz, writers: writers,
		Home: home, Version: version, Log: log,
		board:    newBoard(),
		wishes:   make(chan func(), 64),
		profiles: map[string]*profile{},
		lines:    map[string]*lineState{},
		unopened: map[string]error{},
		fetches:  map[string]*fetch{},
		logins:   map[string]*logins{},
		ssh: &sshconfig.Writer{
			Dir:        sshconfig.Dir{Path: home.SSH(), Tilde: home.Tilde},
			Consenting: "baissh login" + home.Flag() + " --write-ssh-config=yes",
		},
	}
}

// Run runs the engine until ctx ends, and leaves nothing running behind. It
// fails only where it could not have begun.
func (e *Engine) Run(ctx context.Context) error {
	memory, notice, err := loadMemory(e.Home.StateFile())
	if err != nil {
		return err
	}
	e.memory = memory
	if notice != "" {
		e.notices = append(e.notices, notice)
	}
	e.board.start(e.Version)
	if err := atomicfile.Private(e.Home.Config); err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.Log.Warn("close the settings' folder to other users", "error", err)
	}
	atomicfile.Sweep(e.Home.Config, e.Home.State)
	ctx, cancel := context.WithCancel(ctx)
	e.running = ctx
	defer e.stop()
	defer cancel()
	e.work.Go(func() { e.watchSettings(ctx) })
	e.work.Go(func() { e.watchMachine(ctx) })
	for _, w := range e.writers {
		e.work.Go(func() { e.watchWriter(ctx, w) })
	}
	e.readSettings()
	e.loop(ctx)
	return nil
}

func (e *Engine) loop(ctx context.Context) {
	next := time.NewTimer(housekeeping)
	defer next.Stop()
	for {
		e.turn(ctx)
		e.grant()
		next.Reset(e.pause())
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		case wish := <-e.wishes:
			wish()
			e.drain()
		}
	}
}

// pause is how long nothing needs to happen after a turn.
func (e *Engine) pause() time.Duration {
	failed := func(w state.Writer) bool { return w.State == "failed" }
	if e.unsaved != nil || len(e.unopened) > 0 || failed(e.sshState) || slices.ContainsFunc(e.written, failed) {
		return writeAgain
	}
	return housekeeping
}

// drain takes all that has piled up into the same turn.
func (e *Engine) drain() {
	for {
		select {
		case wish := <-e.wishes:
			wish()
		default:
			return
		}
	}
}

// grant tells those who wait that a turn was made after their wish.
func (e *Engine) grant() {
	for _, tell := range e.afterTurn {
		tell()
	}
	e.afterTurn = nil
}

// post asks the loop to do something and to make a turn afterwards.
func (e *Engine) post(ctx context.Context, wish func()) {
	select {
	case e.wishes <- wish:
	case <-ctx.Done():
	}
}

// turn compares what is wanted with what is there, and mends the difference.
func (e *Engine) turn(ctx context.Context) {
	if !e.settled {
		// Without settings every host would seem to be unwanted.
		e.publish(nil, nil)
		return
	}
	e.keepProfiles(ctx)
	e.followRenames()
	wishes, notices := plan(e.situation())
	notices = append(notices, e.loginNotices(time.Now())...)
	e.remember(wishes)
	e.keepLines(wishes, time.Now())
	keys := e.keyFiles()
	e.keepIdentities(ctx, wishes, keys)
	entries := e.writeSSH(ctx, wishes)
	e.removeKeys(wishes, keys)
	e.pointLines(wishes)
	e.noteUse()
	e.writeOthers(ctx, entries)
	if e.unsaved = e.memory.save(e.Home.StateFile()); e.unsaved != nil {
		notices = append(notices, unsavedNotice(e.unsaved))
	}
	e.publish(wishes, notices)
}

func (e *Engine) situation() situation {
	in := situation{
		settings: e.settings, choices: e.memory.Choices,
		before: e.memory.Hosts, sessions: map[string]map[string]state.Session{}, userHosts: map[string]bool{},
	}
	for name, p := range e.profiles {
		in.sessions[name] = p.seen.sessions
	}
	hosts, _ := e.ssh.Dir.UserHosts() // a file that cannot be read is the writer's to complain about
	for _, host := range hosts {
		in.userHosts[host] = true
	}
	return in
}

// remember takes the plan's sessions into the memory and forgets the others.
func (e *Engine) remember(wishes []wish) {
	live := make(map[string]bool, len(wishes))
	for _, w := range wishes {
		live[w.host()] = true
		h := e.memory.Hosts[w.host()]
		h.Profile, h.Session, h.Alias, h.Line, h.Enabled = w.profile, w.session, w.alias, w.key, w.enabled
		e.memory.Hosts[w.host()] = h
	}
	for key := range e.memory.Hosts {
		if !live[key] {
			delete(e.memory.Hosts, key)
			delete(e.logins, key)
		}
	}
}

// stop ends everything that Run began, in the reverse order.
func (e *Engine) stop() {
	for _, p := range e.profiles {
		p.stop()
	}
	for _, f := range e.fetches {
		f.cancel()
	}
	for _, l := range e.lines {
		l.close()
	}
	e.work.Wait()
	for _, l := range e.lines {
		<-l.done
	}
	e.board.close()
}
