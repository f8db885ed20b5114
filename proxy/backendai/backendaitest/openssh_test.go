//go:build unix

package backendaitest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesGoThereAndBack(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		text := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		here, back := c.write("here", text), filepath.Join(c.folder, "back")
		batch := fmt.Sprintf("pwd\nmkdir sub\nput %s sub/there\nget sub/there %s\nls -l sub\n", here, back)
		stdout, stderr, code := c.run(strings.NewReader(batch), c.command("sftp", "-b", "-", c.host()))
		if got, _ := os.ReadFile(back); code != 0 || !bytes.Equal(got, text) {
			t.Errorf("sftp: code %d, %q, %q", code, stdout, stderr)
		}
		if !strings.Contains(stdout, "working directory: "+c.session.Folder()+"\n") {
			t.Errorf("got %q, want the folder %s", stdout, c.session.Folder())
		}
		if got, _ := os.ReadFile(filepath.Join(c.session.Folder(), "sub", "there")); !bytes.Equal(got, text) {
			t.Errorf("there are %d bytes, want %d", len(got), len(text))
		}
	})
}

func TestScpOfBothKinds(t *testing.T) {
	for _, protocol := range []string{"-s", "-O"} {
		t.Run(protocol, func(t *testing.T) {
			onEveryServer(t, func(t *testing.T, c *sshClient) {
				here := c.write("here", []byte("a text\n"))
				stdout, stderr, code := c.run(nil, c.command("scp", protocol, here, c.host()+":there"))
				if got, err := os.ReadFile(filepath.Join(c.session.Folder(), "there")); code != 0 || string(got) != "a text\n" {
					t.Errorf("code %d, %q, %q; there: %q, %v", code, stdout, stderr, got, err)
				}
			})
		})
	}
}

func TestForwardingByOpenSSH(t *testing.T) {
	onEveryServer(t, func(t *testing.T, c *sshClient) {
		target := reverser(t).Addr().String()
		socket := filepath.Join(c.folder, "socket")
		back, err := freeAddress()
		if err != nil {
			t.Fatal(err)
		}
		cmd, _ := c.startLong(long, "-o", "ExitOnForwardFailure=yes", "-L", socket+":"+target, "-R", back+":"+target)
		for network, address := range map[string]string{"unix": socket, "tcp": back} {
			conn, err := net.Dial(network, address)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ask(conn); got != "HELLO" || err != nil {
				t.Errorf("%s: got %q, %v", network, got, err)
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
	})
}
