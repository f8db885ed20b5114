package backendaitest

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// reverser answers once its client has sent all, so only half-closed connections
// hear of it.
func reverser(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() { // ends with the listener
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the client
				defer conn.Close()
				text, _ := io.ReadAll(conn)
				conn.Write([]byte(strings.ToUpper(string(text))))
			}()
		}
	}()
	return listener
}

func ask(conn net.Conn) (string, error) {
	defer conn.Close()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return "", errors.New("the connection has no halves")
	}
	_, err := io.WriteString(conn, "hello")
	err = errors.Join(err, half.CloseWrite())
	answer, readErr := io.ReadAll(conn)
	return string(answer), errors.Join(err, readErr)
}

func forwardingClient(t *testing.T) *ssh.Client {
	t.Helper()
	session := sessionFor(t, SessionSpec{})
	client, err := logIn(t, session, "work", session.key.signer)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestForwardThereCopiesBothHalves(t *testing.T) {
	conn, err := forwardingClient(t).Dial("tcp", reverser(t).Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ask(conn); got != "HELLO" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestForwardThereSaysWhyItCannot(t *testing.T) {
	// A port that somebody has, and does not listen at: one that is free may have an ssh
	// server in the next moment.
	taken, err := net.Dial("tcp", reverser(t).Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.LocalAddr().String()
	var refusal *ssh.OpenChannelError
	if _, err := forwardingClient(t).Dial("tcp", address); !errors.As(err, &refusal) || refusal.Reason != ssh.ConnectionFailed {
		t.Errorf("got %v, want a failed connection", err)
	}
}

func TestForwardHereListensOnLoopbackOnly(t *testing.T) {
	everywhere := ssh.Marshal(&forwardKey{Host: "0.0.0.0"})
	ok, answer, err := forwardingClient(t).SendRequest("tcpip-forward", true, everywhere)
	var at struct{ Port uint32 }
	if err := errors.Join(err, ssh.Unmarshal(answer, &at)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, ip := range ownAddresses(t) {
		conn, err := net.Dial("tcp", net.JoinHostPort(ip.String(), portText(at.Port)))
		if err == nil {
			conn.Close()
		}
		if (err == nil) != ip.Equal(net.IPv4(127, 0, 0, 1)) {
			t.Errorf("dial %s: got %v", ip, err)
		}
	}
}

func ownAddresses(t *testing.T) []net.IP {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var ips []net.IP
	for _, a := range all {
		if prefix, ok := a.(*net.IPNet); ok && prefix.IP.To4() != nil {
			ips = append(ips, prefix.IP)
		}
	}
	return ips
}

func TestForwardHereEndsWhenTheClientSaysSo(t *testing.T) {
	client := forwardingClient(t)
	listener, err := client.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("the port still listens")
	}
}
