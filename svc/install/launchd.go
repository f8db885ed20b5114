package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// An agent is the engine as launchd keeps it. It speaks launchctl's words of
// today: package service knows "load" and "unload" alone, which fail for no
// reason on newer releases. Nothing here is macOS's own, so that it is tested
// anywhere, with a launchctl that is not the real one.
type agent struct {
	file   file
	domain string // "gui/501": what runs while a user is at the desktop
	plist  string
}

func (a agent) target() string { return a.domain + "/" + Label }

// install has launchd start the engine at the next sign-in to the desktop.
func (a agent) install(ctx context.Context) (changed bool, err error) {
	old, err := a.file.read()
	if err != nil {
		return false, err
	}
	text := a.file.signed(a.plist)
	if old == text && !a.disabled(ctx) {
		return false, nil
	}
	if err = a.file.write(text); err == nil {
		_, err = launchctl(ctx, "enable", a.target()) // whoever disabled it has changed their mind
	}
	if err != nil {
		err = errors.Join(err, a.file.restore(old))
	}
	return err == nil, err
}

func (a agent) uninstall(ctx context.Context) (changed bool, err error) {
	old, err := a.file.read()
	st, statusErr := a.status(ctx)
	if err := errors.Join(err, statusErr); err != nil || old == "" && !st.loaded {
		return false, err
	}
	return true, errors.Join(a.stop(ctx), a.file.remove())
}

// startLimit is how long launchd may take to let a service go, and to start one.
const startLimit = 10 * time.Second

// start tries again: launchd refuses a service while the one before it is still
// on its way out, with an input/output error.
func (a agent) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		st, err := a.status(ctx)
		switch {
		case err != nil || st.Running:
			return err
		case !st.Installed:
			return ErrNotInstalled
		case st.loaded:
			_, err = launchctl(ctx, "kickstart", a.target())
		default:
			_, err = launchctl(ctx, "bootstrap", a.domain, a.file.path)
		}
		if !pause(ctx, 200*time.Millisecond) {
			return errors.Join(&StartError{State: st.State}, err)
		}
	}
}

func (a agent) restart(ctx context.Context) error {
	if st, err := a.status(ctx); err != nil || !st.Running {
		return errors.Join(err, a.start(ctx))
	}
	_, err := launchctl(ctx, "kickstart", "-k", a.target())
	return errors.Join(err, a.start(ctx))
}

// stop ends the engine until the next sign-in to the desktop.
func (a agent) stop(ctx context.Context) error {
	if st, err := a.status(ctx); err != nil || !st.loaded {
		return err
	}
	_, err := launchctl(ctx, "bootout", a.target())
	return err
}

// An agentStatus also says whether launchd has read the file.
type agentStatus struct {
	Status
	loaded bool
}

func (a agent) status(ctx context.Context) (agentStatus, error) {
	st := agentStatus{Status: Status{State: "not loaded", File: a.file.path}}
	if _, err := os.Stat(a.file.path); err == nil {
		st.Installed, st.Enabled = true, !a.disabled(ctx)
	} else {
		st.File = ""
	}
	out, err := launchctl(ctx, "print", a.target())
	if err != nil {
		return st, ctx.Err() // launchd does not know it
	}
	st.loaded = true
	for line := range strings.Lines(out) {
		// Deeper lines are of something else.
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch {
		case !strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "\t\t"):
		case name == "state":
			st.State, st.Running = value, value == "running"
		case name == "pid":
			st.PID, _ = strconv.Atoi(value)
		case name == "last exit code":
			st.Exit, _ = strconv.Atoi(value)
		}
	}
	return st, nil
}

// disabled reports whether the user has told launchd not to start it.
func (a agent) disabled(ctx context.Context) bool {
	out, err := launchctl(ctx, "print-disabled", a.domain)
	if err != nil {
		return false
	}
	for line := range strings.Lines(out) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), strconv.Quote(Label)+" => "); found {
			return value == "disabled" || value == "true" // before and since macOS 14
		}
	}
	return false
}

func launchctl(ctx context.Context, args ...string) (string, error) {
	return output(ctx, "launchctl", args...)
}

// pause reports whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func domain(uid int) string { return fmt.Sprintf("gui/%d", uid) }
