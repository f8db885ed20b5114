package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"gopkg.in/natefinch/lumberjack.v2"

	"baissh/proxy/folders"
)

// whileOpen ends with ctx or with the input: Windows has no signal that a service
// could send. Nothing can end the goroutine before the process ends.
func whileOpen(ctx context.Context, input io.Reader) context.Context {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		io.Copy(io.Discard, input)
	}()
	return ctx
}

// logToFile takes the place of a console. The file and the one before it are kept
// short.
func (a *app) logToFile(home folders.Home) (done func()) {
	log := &lumberjack.Logger{Filename: home.LogFile(), MaxSize: 5, MaxBackups: 1, LocalTime: true}
	a.err = log
	restore, err := sendCrashes(home.CrashFile())
	if err != nil {
		a.notef("warning: a crash could not be logged: %v", err)
	}
	return func() { restore(); log.Close() }
}

const longestCrashFile = 1 << 20

// sendCrashes has the runtime write to a file how the process came to a sudden end.
func sendCrashes(path string) (restore func(), err error) {
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if info, err := os.Stat(path); err == nil && info.Size() > longestCrashFile {
		flags |= os.O_TRUNC
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return func() {}, err
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return func() {}, err
	}
	before := os.Stderr
	os.Stderr = file // the watchdog of an orderly end writes there
	err = debug.SetCrashOutput(file, debug.CrashOptions{})
	return func() {
		debug.SetCrashOutput(nil, debug.CrashOptions{})
		os.Stderr = before
		file.Close()
	}, err
}
