package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/settings"
	"baissh/proxy/state"
	"baissh/proxy/tunnel"
)

// lineHooks is what a line tells the engine.
type lineHooks struct {
	admit   func(net.Conn) error         // refuses a client, for who it is
	paced   func() bool                  // whether downloads are
	changed func()                       // the number of connections
	came    func(t target)               // a client wants to get there
	doubt   func(profile string)         // the manager's answer does not fit what is known
	met     func(t target, matches bool) // a session's ssh server showed its host key, the pinned one or another
	log     *slog.Logger
}

// dialProblem words what the manager said to a tunnel.
func dialProblem(t target, err error) *state.Problem {
	if backendai.KindOf(err) == backendai.Gone {
		return state.LetsNobodyIn(t.session.Name).Because(err)
	}
	return managerProblem(t.profile, t.client.Endpoint(), err)
}

// managerProblem words what went wrong between us and a manager.
func managerProblem(profile, endpoint string, err error) *state.Problem {
	var p *state.Problem
	if errors.As(err, &p) {
		return p
	}
	var e *backendai.Error
	errors.As(err, &e)
	switch backendai.KindOf(err) {
	case backendai.SignIn:
		p = state.SignIn(profile)
		if errors.Is(err, backendai.ErrLoginEnded) {
			p = state.LoginEnded(profile)
		}
	case backendai.Limited:
		p = state.TooManyRequests(endpoint)
	case backendai.Garbage:
		p = state.BadReply(endpoint, e.Detail)
	case backendai.Refused:
		p = state.BadReply(endpoint, e.Error())
	default:
		p = networkProblem(endpoint, e, err)
	}
	return p.Because(err)
}

func networkProblem(endpoint string, e *backendai.Error, err error) *state.Problem {
	why := backendai.Distrust(err)
	switch {
	case why != nil:
		return state.Distrusted(endpoint, why)
	case e != nil && e.Status != 0:
		return state.ManagerTrouble(endpoint, e.Status)
	}
	return state.ManagerDown(endpoint)
}

// tunnelProblem words what went wrong on the way to a session's ssh server.
func tunnelProblem(t target, err error) *state.Problem {
	name := t.session.Name
	var p *state.Problem
	switch {
	case errors.As(err, &p):
		return p
	case isTimeout(err) && !errors.Is(err, backendai.ErrNotReached):
		return state.NoAnswer(name)
	case errors.Is(err, tunnel.ErrHungUp), errors.Is(err, errProbeBusy):
		return state.BusySSH(name)
	case errors.Is(err, tunnel.ErrNotSSH):
		return state.NotSSH(name)
	case errors.Is(err, tunnel.ErrAnother):
		return state.Restarted(name)
	case errors.Is(err, tunnel.ErrClosed) && t.problem != nil: // the line was closed for a reason
		return t.problem
	case errors.Is(err, tunnel.ErrClosed):
		return state.Stopping()
	case backendai.NoSSHServer(err):
		return state.Refused(name)
	case t.client != nil:
		return dialProblem(t, err)
	}
	return state.AsProblem(err)
}

func isTimeout(err error) bool {
	return errors.Is(err, tunnel.ErrSilent) || errors.Is(err, errProbeSilent) || errors.Is(err, context.DeadlineExceeded)
}

func limitNotice(count, limit int) string {
	return fmt.Sprintf("%d sessions could be enabled automatically, but auto_limit is %d; enable the others by name", count, limit)
}

func settingsNotice(err error) string {
	if errors.Is(err, settings.ErrNone) {
		return "settings.toml is gone, or empty; what it said goes on to hold"
	}
	var mistakes *settings.MistakeError
	if errors.As(err, &mistakes) {
		return fmt.Sprintf("the settings of profile %s were not taken over: %v", strings.Join(mistakes.Profiles, ", "), err)
	}
	return "the settings were not taken over: " + err.Error()
}

func unsavedNotice(err error) string {
	return "cannot " + err.Error() + "; make room or mend the folder's rights, baissh tries again by itself"
}

func restoredNotice(aside string) string {
	return fmt.Sprintf("what baissh remembered was damaged and was moved to %s; what it remembered before holds", aside)
}

func loginNotice(profile string, ends time.Time) string {
	return fmt.Sprintf("the login of profile %q ends on %s; sign in again before: baissh login%s",
		profile, ends.Local().Format("Monday at 15:04"), state.ProfileFlag(profile))
}

func damagedNotice(aside string) string {
	return fmt.Sprintf("what baissh remembered was damaged and was moved to %s; ports may have changed", aside)
}

func itoa(n int) string { return strconv.Itoa(n) }
