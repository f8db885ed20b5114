package tray

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atotto/clipboard"

	"baissh/proxy/state"
)

// doLimit is for what the engine answers in a fraction of a second.
const doLimit = 10 * time.Second

// do does what a click asks for. Its error is shown in the menu.
func (t *shown) do(ctx context.Context, a Action, now Seen) error {
	ctx, cancel := context.WithTimeout(ctx, 2*doLimit)
	defer cancel()
	switch a.Do {
	case Enable:
		_, err := t.client.Enable(ctx, a.Session, a.On)
		return err
	case Policy:
		return t.client.SetPolicy(ctx, policyWord(a.On))
	case Copy:
		return t.copy(t.ssh(a.Alias, now))
	case Terminal:
		return t.terminal(onSuccess, t.ssh(a.Alias, now))
	case FileZilla:
		return t.filezilla(a.Alias)
	case SignIn:
		return t.terminal(onKey, t.login(a.Profile))
	case Start:
		return t.start(ctx)
	}
	return fmt.Errorf("nothing is known of %q", a.Do)
}

func policyWord(auto bool) state.Policy {
	if auto {
		return state.Auto
	}
	return state.Manual
}

// ssh is the command for a session. Where ssh's own config does not have our
// line, the writer says so.
func (t *shown) ssh(alias string, now Seen) []string {
	return t.SSH(alias, now.Snapshot != nil && now.Snapshot.SSHIncluded())
}

func (t *shown) copy(command []string) error {
	if err := clipboard.WriteAll(quoted(command)); err != nil {
		return &state.Problem{
			Code: state.Garbage, Fact: "the command could not be copied: " + err.Error(),
			Hint: "type it: " + quoted(command),
		}
	}
	return nil
}

func (t *shown) login(profile string) []string {
	command := append(slices.Clone(t.Baissh), "login")
	if profile != "" && profile != state.DefaultProfile {
		command = append(command, "--profile", profile)
	}
	return command
}

func (t *shown) filezilla(alias string) error {
	program := findFileZilla()
	if program == nil {
		return errors.New("FileZilla was not found")
	}
	return launch(t.Env, append(program, "-c", "0/Backend.AI/"+alias))
}
