package supervise

import (
	"maps"
	"slices"
	"time"
)

const (
	// lookAgain is how often an engine may say anew that nobody has signed in to a
	// manager. A sign-in is told at once, see [Keeper.Ask]; this is for those that
	// cannot tell, such as a settings.toml that an administrator put there.
	lookAgain = 5 * time.Minute

	// askedPause keeps who asks again and again from starting a process each time.
	askedPause = 5 * time.Second

	firstPause   = time.Second
	longestPause = 5 * time.Minute

	// calm is how long an engine must run for earlier crashes to be forgotten.
	calm = 10 * time.Minute
)

// An Engine is what is known of a user's engine.
type Engine struct {
	Session  uint32 // in which it runs, or ran last
	Running  bool
	Stopping bool
	Asked    bool      // somebody wants it looked at before its time
	Since    time.Time // of its start, or its end
	Exit     int       // how it ended
	Crashes  int       // in a row
	Other    bool      // another engine ran when it was tried last
}

// A Plan is what is to be done now.
type Plan struct {
	Start  []Session
	Stop   []string // engines of these users
	Forget []string // they are gone, and so is their engine
	Again  time.Time
}

// Next decides from what there is. A user with several sessions has one engine, in
// the first of them. Again is when to decide anew though nothing happened; zero
// says never.
func Next(now time.Time, sessions []Session, engines map[string]Engine) Plan {
	var p Plan
	signedIn := byUser(sessions)
	for _, user := range users(signedIn, engines) {
		ids := signedIn[user]
		e, known := engines[user]
		switch here := slices.Contains(ids, e.Session); {
		case e.Running && !here && !e.Stopping:
			p.Stop = append(p.Stop, user)
		case e.Running:
		case len(ids) == 0:
			p.Forget = append(p.Forget, user)
		case !known || !here:
			p.Start = append(p.Start, Session{ID: ids[0], User: user})
		default:
			p.consider(now, user, e)
		}
	}
	return p
}

// consider starts an ended engine again when its time has come.
func (p *Plan) consider(now time.Time, user string, e Engine) {
	due, ever := e.due()
	switch {
	case !ever:
	case !due.After(now):
		p.Start = append(p.Start, Session{ID: e.Session, User: user})
	case p.Again.IsZero() || due.Before(p.Again):
		p.Again = due
	}
}

// due is when an engine that has ended is started again.
func (e Engine) due() (at time.Time, ever bool) {
	switch {
	case e.Asked:
		return e.Since.Add(askedPause), true
	case e.Exit == exitUsage:
		return time.Time{}, false
	case e.Exit == exitRunning && e.Crashes == 0: // or the lock of one that died with our predecessor
		return e.Since.Add(lookAgain), true
	case e.Exit == exitNotConfigured:
		return e.Since.Add(lookAgain), true
	case e.Exit == exitStopped: // at a sign-out that was called off: Windows tells only the engine
		return e.Since.Add(lookAgain), true
	}
	return e.Since.Add(pause(e.Crashes)), true
}

func pause(crashes int) time.Duration {
	p := firstPause
	for range crashes - 1 {
		if p *= 2; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// started is the engine after a start in a session.
func (e Engine) started(session uint32, now time.Time) Engine {
	return Engine{Session: session, Running: true, Since: now, Crashes: e.Crashes, Other: e.Other}
}

// ended is the engine after its end.
func (e Engine) ended(exit int, now time.Time) Engine {
	after := Engine{Session: e.Session, Since: now, Exit: exit, Crashes: e.Crashes, Other: exit == exitRunning}
	if now.Sub(e.Since) >= calm {
		after.Crashes = 0
	}
	// Windows takes its time to give back a dead one's lock, which then looks like
	// that of another engine.
	if exit == exitFailed || exit < exitStopped || exit > exitRunning || exit == exitRunning && after.Crashes > 0 {
		after.Crashes++
	}
	return after
}

func byUser(sessions []Session) map[string][]uint32 {
	list := map[string][]uint32{}
	for _, s := range sessions {
		list[s.User] = append(list[s.User], s.ID)
	}
	for _, ids := range list {
		slices.Sort(ids)
	}
	return list
}

// users are all of whom anything is known, in a fixed order.
func users(signedIn map[string][]uint32, engines map[string]Engine) []string {
	all := slices.Collect(maps.Keys(signedIn))
	all = slices.AppendSeq(all, maps.Keys(engines))
	slices.Sort(all)
	return slices.Compact(all)
}
