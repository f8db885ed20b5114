package backendaitest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A program is one run of an ssh server of this machine, on a port of its own.
type program struct {
	cmd    *exec.Cmd
	at     string
	log    string        // the file that it writes to
	exited chan struct{} // closed once it has
}

// launch starts a program, which is to listen on the address it is told. Whatever
// else it is, the program must stay in the foreground.
func (c *container) launch(name string, command func(address string) *exec.Cmd) (sshServer, error) {
	c.ran.Store(true)
	var err error
	for range 3 { // somebody else may take the port before the program does
		p := &program{log: filepath.Join(c.config, name+".log"), exited: make(chan struct{})}
		if p.at, err = freeAddress(); err != nil {
			break
		}
		p.cmd = command(p.at)
		if err = p.start(); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("start %s: %w", name, err)
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// start returns when the program listens.
func (p *program) start() error {
	log, err := os.Create(p.log)
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd.Stdout, p.cmd.Stderr = log, log
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return err
	}
	if err := p.awaitListening(); err != nil {
		p.stop()
		return err
	}
	return nil
}

// run ends with the program.
func (p *program) run(started chan<- error) {
	defer close(p.exited)
	defer endWithUs(p.cmd)()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.cmd.Wait()
	}
}

// listenLimit is for machines with much else to do.
const listenLimit = 20 * time.Second

func (p *program) awaitListening() error {
	limit := time.After(listenLimit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			return p.failure("it ended")
		case <-limit:
			return p.failure("it does not listen")
		case <-tick.C:
		}
		if conn, err := net.Dial("tcp", p.at); err == nil {
			return conn.Close()
		}
	}
}

func (p *program) failure(what string) error {
	said, _ := os.ReadFile(p.log)
	said = bytes.TrimSpace(said)
	return fmt.Errorf("%s; it said: %s", what, said[max(0, len(said)-1000):])
}

func (p *program) address() string { return p.at }

func (p *program) stop() {
	endTree(p.cmd)
	<-p.exited
}

// packages are where the programs come from, on Debian and its kin.
var packages = map[string]string{"dropbear": "dropbear-bin", "sshd": "openssh-server"}

// findProgram looks where servers are, too: users have no sbin in their PATH.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"} {
		if err != nil {
			path, err = exec.LookPath(filepath.Join(folder, name))
		}
	}
	if err == nil {
		return filepath.Abs(path)
	}
	return "", errors.New("the machine has no " + name + "; install " + packages[name])
}
