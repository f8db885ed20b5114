package backendaitest

import (
	"context"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// Dropbear, with the -K 15 that containers have, asks whether a client is there, and
// leaves one that has not answered so many times (DEFAULT_KEEPALIVE_LIMIT).
const (
	keepalivePeriod = 15 * time.Second
	keepaliveLimit  = 3
)

// A keepalive asks for as long as a login lasts, from its first channel on.
type keepalive struct {
	begin sync.Once
	tasks sync.WaitGroup
}

func (k *keepalive) of(ctx context.Context, conn gossh.Conn) {
	k.begin.Do(func() { k.tasks.Go(func() { askAlive(ctx, conn) }) })
}

func askAlive(ctx context.Context, conn gossh.Conn) {
	tick := time.NewTicker(keepalivePeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limit := time.AfterFunc(keepaliveLimit*keepalivePeriod, func() { conn.Close() })
		_, _, err := conn.SendRequest("keepalive@openssh.com", true, nil)
		limit.Stop()
		if err != nil {
			return
		}
	}
}
