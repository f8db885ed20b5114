package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"baissh/proxy/state"
	"baissh/proxy/transfer"
)

// entrance is how ssh would log in to a host: with its key, and else with the agent's.
func entrance(h state.Host) (transfer.Login, error) {
	l := transfer.Login{Port: h.Port, User: h.Account, HostKey: h.HostKey}
	if h.IdentityFile != "" {
		signer, err := readKey(h.IdentityFile)
		var locked *ssh.PassphraseMissingError
		switch {
		case err == nil:
			l.Auth = append(l.Auth, ssh.PublicKeys(signer))
			return l, nil
		case errors.Is(err, fs.ErrNotExist):
			return l, &state.Problem{
				Code: state.NoKey, Fact: fmt.Sprintf("the key of %s is not there: %s", h.Alias, h.IdentityFile),
				Hint: "after \"baissh undo\" that is so until: baissh login --write-ssh-config=yes",
			}
		case !errors.As(err, &locked):
			return l, fmt.Errorf("read the key of %s: %w", h.Alias, err)
		}
	}
	agents, err := agentSigners()
	if err != nil {
		return l, &state.Problem{
			Code: state.NoKey, Fact: fmt.Sprintf("there is no key to enter %s with: %s", h.Alias, err),
			Hint: "start ssh-agent and add your key: ssh-add",
		}
	}
	l.Auth = append(l.Auth, ssh.PublicKeysCallback(agents))
	return l, nil
}

func readKey(file string) (ssh.Signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(text)
}

// agentSigners asks the user's ssh-agent. Its connection lasts as long as the command.
func agentSigners() (func() ([]ssh.Signer, error), error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, errors.New("no ssh-agent runs")
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("ask the ssh-agent: %w", err)
	}
	return agent.NewClient(c).Signers, nil
}
