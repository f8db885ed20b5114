// Command simulator runs the simulator of a manager for tests that are shell
// scripts. It writes "endpoint", "access_key" and "secret_key" into the folder it
// is given, and obeys the lines that it reads. With -releases it prints what it can play.
//
//	create NAME    a session that runs
//	end NAME       the sessions of that name
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"baissh/proxy/backendai/backendaitest"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-releases" {
		fmt.Println(strings.Join(backendaitest.Releases(), "\n"))
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: simulator FOLDER <COMMANDS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

// run obeys until its input ends.
func run(dir string, commands io.Reader) error {
	server, err := backendaitest.Start(backendaitest.Options{})
	if err != nil {
		return err
	}
	defer server.Close()
	access, secret := server.KeyPair()
	// The endpoint comes last: where it is, all is.
	for _, f := range []struct{ name, text string }{{"access_key", access}, {"secret_key", secret}, {"endpoint", server.URL()}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text+"\n"), 0o644); err != nil {
			return err
		}
	}
	for lines := bufio.NewScanner(commands); lines.Scan(); {
		if err := obey(server, lines.Text()); err != nil {
			return err
		}
	}
	return nil
}

func obey(server *backendaitest.Server, line string) error {
	verb, name, _ := strings.Cut(line, " ")
	switch verb {
	case "create":
		_, err := server.CreateSession(backendaitest.SessionSpec{Name: name})
		return err
	case "end":
		for _, session := range server.Sessions() {
			if session.Name() == name && session.Status() == "RUNNING" {
				session.End()
			}
		}
		return nil
	}
	return fmt.Errorf("no such command: %q", line)
}
