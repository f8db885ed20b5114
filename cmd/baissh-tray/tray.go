package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"baissh/proxy/folders"
	"baissh/tray"
)

// newTray says where everything of a home is.
func newTray(home folders.Home, log *slog.Logger) *tray.Tray {
	return &tray.Tray{
		Socket:    home.Socket(),
		Settings:  home.SettingsFile(),
		EngineLog: filepath.Join(home.Runtime, "engine.log"),
		Lock:      filepath.Join(home.Runtime, "tray"),
		Baissh:    baissh(home),
		Service:   !home.Given,
		SSH:       func(alias string, plain bool) []string { return sshCommand(home, alias, plain) },
		Env:       environment(home),
		Stuck:     again,
		Log:       log,
	}
}

// baissh is the command line of the program beside this one, or else of the one
// that is found as any program.
func baissh(home folders.Home) []string {
	name := "baissh"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	command := []string{name}
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), name); isFile(beside) {
			command[0] = beside
		}
	}
	if home.Given {
		command = append(command, "--home", home.Dir)
	}
	return command
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// sshCommand names our file where ssh does not read it by itself.
func sshCommand(home folders.Home, alias string, plain bool) []string {
	if plain && home.Tilde {
		return []string{"ssh", alias}
	}
	return []string{"ssh", "-F", filepath.Join(home.SSH(), "bai", "config"), alias}
}

// environment makes programs believe in a home that is no account's.
func environment(home folders.Home) []string {
	if !home.Given {
		return nil
	}
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "XDG_CONFIG_HOME=") || strings.HasPrefix(pair, "HOME=")
	})
	return append(env, "HOME="+home.Dir)
}

// again starts the tray anew, since systray cannot: at sign-in Windows may not be
// ready for icons yet.
func again() {
	self, err := os.Executable()
	if err == nil {
		err = exec.Command(self, os.Args[1:]...).Start()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "baissh-tray: error: start again: %v\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}
