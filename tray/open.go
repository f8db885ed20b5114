package tray

import (
	"fmt"
	"path/filepath"
	"time"

	"baissh/proxy/state"
)

// A hold is when a terminal with a command in it may close.
type hold bool

const (
	onSuccess hold = false // at once, if the command ended well
	onKey     hold = true  // when its user has read it
)

func (t *shown) terminal(h hold, command []string) error {
	argv, err := inTerminal(h, command)
	if err != nil {
		return err
	}
	return launch(t.Env, argv)
}

func noTerminal(command []string) error {
	return &state.Problem{Code: state.Garbage, Fact: "no terminal program was found", Hint: "in one of yours: " + quoted(command)}
}

// launchPatience is how soon a program ends that cannot show itself at all.
const launchPatience = time.Second

// launch starts a program that goes on when the tray ends. It gets no pipe, which
// would end with the tray, so that a failure is all that is known of it.
func launch(env, argv []string) error {
	wait, err := begin(env, argv)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s ended at once: %w", filepath.Base(argv[0]), err)
		}
	case <-time.After(launchPatience):
	}
	return nil
}
