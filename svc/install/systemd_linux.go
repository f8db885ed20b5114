package install

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/kardianos/service"

	"baissh/proxy/folders"
)

// Install has systemd start the engine at the user's first sign-in to the machine.
//
// It is our own work: the Install of package service writes to ~/.config whatever
// XDG_CONFIG_HOME says, leaves the unit behind when it fails, takes its presence
// for an error, and knows no units of packages.
func (s *Service) Install(ctx context.Context) (changed bool, err error) {
	if err := errors.Join(s.checkHome(), reach(ctx)); err != nil {
		return false, err
	}
	if err := s.checkEnvironment(ctx); err != nil {
		return false, err
	}
	own := s.ownUnit()
	old, err := own.read()
	if err != nil {
		return false, err
	}
	text := own.signed(Unit(s.Program))
	if s.packaged() {
		text = "" // the package's unit is the one, and a copy would hide it
	}
	if st, err := s.Status(ctx); err != nil || st.Enabled && old == text {
		return false, err
	}
	return true, s.replace(ctx, own, old, text)
}

// replace swaps the unit and enables it, or leaves all as it was.
func (s *Service) replace(ctx context.Context, own file, old, text string) error {
	link, wasLinked := s.wantedBy()
	err := own.restore(text)
	if err == nil {
		_, err = systemctl(ctx, "daemon-reload")
	}
	if err == nil { // also where it was enabled: the link names the file
		_, err = systemctl(ctx, "reenable", unitName)
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, own.restore(old))
	os.Remove(link)
	if wasLinked != "" {
		err = errors.Join(err, os.Symlink(wasLinked, link))
	}
	systemctl(context.WithoutCancel(ctx), "daemon-reload") // it may be what has failed
	return err
}

// Uninstall stops the engine and takes its unit out. A unit that is not ours is
// stopped and disabled, and stays.
func (s *Service) Uninstall(ctx context.Context) (changed bool, err error) {
	if err := reach(ctx); err != nil {
		return false, err
	}
	st, err := s.Status(ctx)
	if err != nil || !st.Installed && !st.Running {
		return false, err
	}
	if st.File != "" {
		if err := s.Stop(ctx); err != nil {
			return false, err
		}
		if _, err := systemctl(ctx, "disable", unitName); err != nil {
			return false, err
		}
	}
	_, err = s.ownUnit().read()
	if err == nil {
		err = s.ownUnit().remove()
	}
	_, reload := systemctl(ctx, "daemon-reload")
	systemctl(ctx, "reset-failed", unitName) // which fails where nothing has
	return true, errors.Join(err, reload)
}

const unitName = Name + ".service"

// ownUnit is where the user's own units are.
func (s *Service) ownUnit() file {
	return file{path: filepath.Join(s.unitDir(), unitName), open: "# "}
}

func (s *Service) unitDir() string {
	return filepath.Join(filepath.Dir(s.Home.Config), "systemd", "user")
}

// wantedBy is the link by which the unit is enabled, and what it leads to.
func (s *Service) wantedBy() (link, target string) {
	link = filepath.Join(s.unitDir(), "default.target.wants", unitName)
	target, _ = os.Readlink(link)
	return link, target
}

// packaged reports whether a package has brought a unit for this very program.
func (s *Service) packaged() bool {
	text, err := os.ReadFile(PackagedUnit)
	if err != nil {
		return false
	}
	program, found := execStart(string(text))
	return found && sameFile(program, s.Program)
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// manager starts and stops the unit by package service. Its Status is not used:
// it calls a unit that waits for its next crash "running".
func (s *Service) manager() (service.Service, error) {
	return service.New(nil, &service.Config{
		Name: Name, Executable: s.Program, Option: service.KeyValue{"UserService": true},
	})
}

// checkEnvironment refuses folders that only this shell has been told of.
func (s *Service) checkEnvironment(ctx context.Context) error {
	out, err := systemctl(ctx, "show-environment")
	if err != nil {
		return err
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME"} {
		if value := os.Getenv(name); value != "" && !strings.Contains("\n"+out, "\n"+name+"="+value+"\n") {
			return &HomeError{s.Home.Dir, name + " is set here and not for services"}
		}
	}
	return nil
}

// systemctl speaks with the user's systemd.
func systemctl(ctx context.Context, args ...string) (string, error) {
	return output(ctx, "systemctl", append([]string{"--user", "--no-pager"}, args...)...)
}

// reach makes the user's systemd answer, or says why it cannot. systemctl and
// package service find it by the environment alone.
func reach(ctx context.Context) error {
	dir := folders.RuntimeDir()
	switch {
	case service.Platform() != "linux-systemd":
		return &NoManagerError{Why: "systemd does not run on this machine"}
	case dir == "":
		return &NoManagerError{Why: "systemd runs nothing for your account at the moment", Anew: true}
	}
	os.Setenv("XDG_RUNTIME_DIR", dir)
	if _, err := systemctl(ctx, "show", "--property=Version"); err != nil {
		return &NoManagerError{Why: err.Error(), Anew: true}
	}
	return nil
}
