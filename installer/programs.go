package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A target is one kind of machine.
type target struct{ system, processor string }

func (t target) String() string { return t.system + "-" + t.processor }

var targets = []target{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
}

// commands are what is built for a system. Without the Mac's own compiler there
// is no tray for it.
func (t target) commands() []string {
	if t.system == "darwin" {
		return []string{"baissh"}
	}
	return []string{"baissh", "baissh-tray"}
}

// program is the file name of a command.
func (t target) program(command string) string {
	if t.system == "windows" {
		return command + ".exe"
	}
	return command
}

// built is the folder with what was built for a target.
func (s *shipment) built(t target) string { return filepath.Join(s.work, t.String()) }

func (s *shipment) programs(ctx context.Context) error {
	forget, err := s.resources(ctx)
	defer forget()
	if err != nil {
		return err
	}
	for _, t := range targets {
		for _, command := range t.commands() {
			fmt.Printf("dist: build %s for %s\n", command, t)
			if err := s.build(ctx, t, command); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shipment) build(ctx context.Context, t target, command string) error {
	flags := "-s -w -X main.release=" + s.release
	if t.system == "windows" && command == "baissh-tray" {
		flags += " -H=windowsgui" // no console beside the tray
	}
	env := []string{"GOOS=" + t.system, "GOARCH=" + t.processor, "CGO_ENABLED=0"}
	return tool(ctx, env, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", flags,
		"-o", filepath.Join(s.built(t), t.program(command)), "./cmd/"+command)
}

// resources puts icon, version and manifest of the Windows programs where go
// build looks for them: beside the sources, and nowhere else. forget takes them
// out again.
func (s *shipment) resources(ctx context.Context) (forget func(), err error) {
	forget = func() {
		made, _ := filepath.Glob("cmd/*/" + resourceName + "_windows_*.syso")
		for _, name := range made {
			os.Remove(name)
		}
	}
	for _, command := range []string{"baissh", "baissh-tray"} {
		if err := s.resource(ctx, command); err != nil {
			return forget, err
		}
	}
	return forget, nil
}

const resourceName = "dist"

func (s *shipment) resource(ctx context.Context, command string) error {
	manifest := "cli"
	if command == "baissh-tray" {
		manifest = "gui"
	}
	return packageTool(ctx, nil, "go-winres", "simply",
		"--arch", "amd64,arm64",
		"--out", filepath.Join("cmd", command, resourceName),
		"--manifest", manifest,
		"--icon", iconFile,
		"--product-name", "baissh",
		"--product-version", s.version.msi+".0",
		"--file-version", s.version.msi+".0",
		"--file-description", "SSH for Backend.AI",
		"--original-filename", command+".exe")
}

// packageTool runs one of the tools whose versions are in .ci/package/go.mod.
func packageTool(ctx context.Context, env []string, name string, args ...string) error {
	return tool(ctx, env, "go", append([]string{"tool", "-modfile=.ci/package/go.mod", name}, args...)...)
}

// tool runs a program, whose words are for whoever wants to know why it failed.
func tool(ctx context.Context, env []string, name string, args ...string) error {
	_, err := output(ctx, env, name, args...)
	return err
}

func output(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		command := strings.Join(append([]string{name}, args...), " ")
		return nil, fmt.Errorf("run %s: %w\n%s%s", command, err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes(), nil
}
