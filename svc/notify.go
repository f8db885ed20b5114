package svc

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"baissh/proxy/state"
)

// A notifier tells systemd how far the engine is.
type notifier struct {
	socket string
	log    *slog.Logger
}

// tellSystemd says that the engine answers, how many hosts are ready, and, when
// ctx ends, that it stops. A unit of Type=notify wants to know, and names the
// socket; whoever else started us has not asked.
func tellSystemd(ctx context.Context, log *slog.Logger, status func(context.Context, uint64) *state.Snapshot) {
	n := notifier{socket: os.Getenv("NOTIFY_SOCKET"), log: log}
	if n.socket == "" {
		return
	}
	n.tell("READY=1")
	said := ""
	for index := uint64(0); ctx.Err() == nil; {
		s := status(ctx, index)
		index = s.Index
		if line := hostsReady(s); line != said {
			said = line
			n.tell("STATUS=" + line)
		}
	}
	n.tell("STOPPING=1")
}

func (n notifier) tell(what string) {
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Net: "unixgram", Name: n.socket})
	if err == nil {
		_, err = c.Write([]byte(what))
		c.Close()
	}
	if err != nil {
		n.log.Warn("systemd was not told", "what", what, "error", err)
	}
}

func hostsReady(s *state.Snapshot) string {
	ready := 0
	for _, h := range s.Hosts {
		if h.State == state.Ready {
			ready++
		}
	}
	return fmt.Sprintf("%d of %d hosts ready", ready, len(s.Hosts))
}
