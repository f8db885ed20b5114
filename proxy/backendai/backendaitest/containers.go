package backendaitest

import (
	"fmt"
	osuser "os/user"
	"path/filepath"
)

// startContainer gives the session a container, with an ssh server that listens.
func (e *Session) startContainer() error {
	c, err := e.newContainer()
	if err == nil {
		err = c.startSSH()
	}
	if err != nil {
		return fmt.Errorf("start a container of session %s: %w", e.Name(), err)
	}
	e.moveInto(c)
	if err := e.startOthers(); err != nil {
		return err
	}
	if e.server.ctx.Err() != nil { // Close may have come by when there was nothing to stop
		e.stopContainer()
		e.stopOthers()
		return fmt.Errorf("start a container of session %s: %w", e.Name(), errStopped)
	}
	return nil
}

func (e *Session) newContainer() (*container, error) {
	hostKey, err := e.nextHostKey()
	if err != nil {
		return nil, err
	}
	c := &container{
		session: e, host: e.kernels[0].hostname(), account: e.nextAccount(), hostKey: hostKey,
		home: e.Folder(), config: filepath.Join(filepath.Dir(e.Folder()), "config"),
	}
	return c, c.furnish()
}

func (e *Session) nextHostKey() (*sshKey, error) {
	key := locked(e, func() *sshKey { return e.hostKey })
	if key != nil && e.server.release.hostKeyStays {
		return key, nil
	}
	return e.server.keys.take()
}

// nextAccount is the usual one, except where sshd knows only the machine's users.
func (e *Session) nextAccount() string {
	if e.spec.SSH == OpenSSH && !canReplacePasswd() {
		if user, err := osuser.Current(); err == nil {
			return user.Username
		}
	}
	return e.server.options.ContainerAccount
}

// moveInto makes the container the session's main one.
func (e *Session) moveInto(c *container) {
	e.server.mu.Lock()
	e.container, e.hostKey = c, c.hostKey
	for i, k := range e.kernels {
		if i == 0 && !e.server.release.restartUnlisted || k.containerID == "" {
			k.containerID = newContainerID()
		}
	}
	e.server.mu.Unlock()
	e.server.watch.wake()
}

// stopContainer ends the container and all that runs in it. Its files stay for
// the next one, as a restart leaves them.
func (e *Session) stopContainer() {
	c := e.present()
	if c == nil {
		return
	}
	c.end()
	e.server.mu.Lock()
	if e.container == c {
		e.container, e.lastConnections = nil, Connections{Total: c.connections().Total}
	}
	e.server.mu.Unlock()
	e.server.watch.wake()
}

func (e *Session) present() *container {
	return locked(e, func() *container { return e.container })
}

// Folder is the home folder of the main container, where a login begins.
func (e *Session) Folder() string { return filepath.Join(e.server.folder, e.id, "work") }

// SSHAddress is where the ssh server of the main container listens, "" where none does.
func (e *Session) SSHAddress() string {
	if c := e.present(); c != nil && c.server() != nil {
		return c.server().address()
	}
	return ""
}

// StopSSH stops the ssh server of a container that lives on: its port refuses.
func (e *Session) StopSSH() {
	if c := e.present(); c != nil {
		c.stopSSH()
	}
}

// StartSSH starts the ssh server again, with the host key it had. It does nothing
// while one runs.
func (e *Session) StartSSH() error {
	c := e.present()
	if c == nil {
		return fmt.Errorf("start ssh of session %s: it has no container", e.Name())
	}
	return c.startSSH()
}
