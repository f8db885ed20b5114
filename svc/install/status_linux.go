package install

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Status asks systemd. A unit of a package's counts as installed once it is enabled.
func (s *Service) Status(ctx context.Context) (Status, error) {
	if err := reach(ctx); err != nil {
		return Status{}, err
	}
	out, err := systemctl(ctx, "show", unitName, "--property="+strings.Join([]string{
		"LoadState", "ActiveState", "SubState", "Result", "MainPID", "ExecMainCode", "ExecMainStatus", "ConditionResult",
		"UnitFileState", "FragmentPath", "StateChangeTimestampMonotonic",
	}, ","))
	if err != nil {
		return Status{}, err
	}
	st := readStatus(properties(out))
	st.Installed = st.Enabled || sameFile(st.File, s.ownUnit().path)
	lingers := lingers(ctx)
	st.Lingers = &lingers
	return st, nil
}

func readStatus(p map[string]string) Status {
	st := Status{
		Enabled: strings.HasPrefix(p["UnitFileState"], "enabled"),
		// "activating" is no running: so is a unit called that crashes every second.
		Running: p["ActiveState"] == "active" || p["ActiveState"] == "reloading",
		State:   p["ActiveState"] + " (" + p["SubState"] + ")",
		File:    p["FragmentPath"],
		Since:   sinceBoot(p["StateChangeTimestampMonotonic"]),
	}
	switch load := p["LoadState"]; {
	case p["ActiveState"] == "failed":
		st.State = "failed (" + p["Result"] + ")"
	case !st.Running && load != "loaded" && load != "not-found" && load != "":
		st.State = load // by its owner or a mistake in it: "masked", "bad-setting"
	}
	st.PID, _ = strconv.Atoi(p["MainPID"])
	if p["ExecMainCode"] == "1" { // it has exited, and by itself
		st.Exit, _ = strconv.Atoi(p["ExecMainStatus"])
	}
	return st
}

func properties(out string) map[string]string {
	p := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		p[name] = value
	}
	return p
}

// sinceBoot reads a time of systemd's in the one form that is the same in every
// version and time zone: microseconds of the monotonic clock.
func sinceBoot(microseconds string) time.Time {
	at, err := strconv.ParseInt(microseconds, 10, 64)
	var now unix.Timespec
	if err != nil || at == 0 || unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(at)*time.Microsecond - time.Duration(now.Nano())).Truncate(time.Second)
}

// lingers reports whether the user's systemd goes on after the last sign-out.
func lingers(ctx context.Context) bool {
	u, err := user.Current()
	if err != nil {
		return false
	}
	if out, err := output(ctx, "loginctl", "show-user", u.Username, "--property=Linger", "--value"); err == nil {
		return strings.TrimSpace(out) == "yes"
	}
	// logind does not answer, or does not know the user at the moment.
	_, err = os.Stat(filepath.Join("/var/lib/systemd/linger", u.Username))
	return err == nil
}
