package tunnel

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sshFar is a far side that is a real ssh server with one host key, and lets nobody in.
func sshFar(t *testing.T, key ssh.Signer, kex string) func(context.Context) (net.Conn, error) {
	conf := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		return nil, errors.New("nobody")
	}}
	conf.AddHostKey(key)
	conf.KeyExchanges = []string{kex}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); ssh.NewServerConn(c, conf) }()
		}
	}()
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
	}
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// exchanges are the kinds of key exchange that differ in their messages.
var exchanges = []string{"curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256", "mlkem768x25519-sha256"}

// A wrong host key is refused in ssh's own words, whatever the key exchange; a
// right one changes nothing.
func TestHostKeyIsCheckedBeforeTheClientSeesIt(t *testing.T) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skipf("needs ssh, which .ci/test-deps installs: %v", err)
	}
	key, other := newKey(t), newKey(t)
	for _, kex := range exchanges {
		if !clientKnows(program, kex) {
			continue // an old ssh does not know the last
		}
		for _, pinned := range []ssh.Signer{key, other} {
			tun := &Tunnel{Dial: sshFar(t, key, kex), CheckHostKey: func(b []byte) error {
				if !bytes.Equal(b, pinned.PublicKey().Marshal()) {
					return errors.New("not the key that was pinned; see status")
				}
				return nil
			}}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			serve(t, tun, ln)
			_, port, _ := net.SplitHostPort(ln.Addr().String())
			out, _ := exec.Command(program, "-F", "none", "-p", port, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
				"-o", "UserKnownHostsFile=/dev/null", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "KexAlgorithms="+kex, "-o", "IdentityFile=none", "who@127.0.0.1").CombinedOutput()
			refused := strings.Contains(string(out), "not the key that was pinned; see status")
			asked := strings.Contains(string(out), "Permission denied")
			if want := pinned == other; refused != want || asked == want {
				t.Errorf("%s, wrong key: %v: ssh says %q", kex, want, out)
			}
		}
	}
}

func clientKnows(program, kex string) bool {
	out, _ := exec.Command(program, "-Q", "kex").Output()
	return strings.Contains(string(out), kex)
}

// A packet goes whole or not at all, however the far side's bytes are cut.
func TestPacketsPassWhole(t *testing.T) {
	keyBlob := newKey(t).PublicKey().Marshal()
	group := packet(append([]byte{msgKexReply}, mpint(bytes.Repeat([]byte{0xff}, 256))...))
	reply := packet(append([]byte{msgGexReply}, appendString(nil, string(keyBlob))...))
	after := []byte("what follows is not looked at\x00\x00\x00\x01")
	stream := bytes.Join([][]byte{packet([]byte("\x14kexinit")), group, reply, after}, nil)
	for cut := range len(stream) {
		for _, good := range []bool{true, false} {
			got, err := passCut(stream, cut, keyBlob, good)
			want := stream
			if !good {
				want = stream[:len(stream)-len(after)-len(reply)]
			}
			if !bytes.Equal(got, want) || (err == nil) != good {
				t.Fatalf("cut at %d, good key: %v: passed %d bytes of %d, %v", cut, good, len(got), len(want), err)
			}
		}
	}
}

// passCut passes a stream that comes in two pieces, and returns what the client got.
func passCut(stream []byte, cut int, key []byte, good bool) ([]byte, error) {
	far, ours := net.Pipe()
	local, _, hear := newPipeClient()
	go func() {
		ours.Write(stream[cut:])
		ours.Close()
	}()
	var got bytes.Buffer
	heard := make(chan struct{})
	go func() { defer close(heard); io.Copy(&got, hear) }()
	c := &connection{local: local, greeting: "heard already", tunnel: &Tunnel{CheckHostKey: func(b []byte) error {
		if !good || !bytes.Equal(b, key) {
			return errors.New("refused")
		}
		return nil
	}}}
	err := c.passKeyExchange(far, stream[:cut])
	if err == nil {
		rest, _ := io.ReadAll(far)
		local.Write(rest)
	}
	local.Close()
	far.Close()
	<-heard
	return got.Bytes(), err
}

func packet(payload []byte) []byte {
	b := appendString(nil, string(append([]byte{4}, append(payload, "pad4"...)...)))
	return b
}

func mpint(b []byte) []byte { return appendString(nil, "\x00"+string(b)) }

// What is no key exchange passes as it is.
func TestOtherBytesPassUnchanged(t *testing.T) {
	for _, stream := range []string{"", "x", "\x00\x00\x00\x00", "\xff\xff\xff\xffand more", "\x00\x00\x00\x01\x00", "plain text of whatever server"} {
		got, err := passCut([]byte(stream), len(stream)/2, nil, true)
		if string(got) != stream && !strings.HasPrefix(stream, string(got)) || err != nil && !errors.Is(err, io.EOF) {
			t.Errorf("%q became %q, %v", stream, got, err)
		}
	}
}

func FuzzKeyExchange(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x0c\x0a\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 3)
	f.Add([]byte("\x00\x00\x00\x02\x00\x1f"), 1)
	f.Add(append(packet([]byte("\x15")), "encrypted"...), 0)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		if cut < 0 || cut > len(stream) {
			return
		}
		got, _ := passCut(stream, cut, nil, true)
		if !bytes.HasPrefix(stream, got) && !bytes.HasPrefix(got, stream) {
			t.Errorf("%q became %q", stream, got)
		}
	})
}
