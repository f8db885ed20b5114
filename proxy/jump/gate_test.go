package jump

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// An endless conn has always something to say.
type endless struct{ net.Conn }

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A reader whom the machine gives no time for a second has asked for more and does not
// get it. Package ssh must not be given more meanwhile than it bears.
func TestAStarvedReader(t *testing.T) {
	const window = 2 << 20 // of package ssh
	synctest.Test(t, func(t *testing.T) {
		g := newGate(endless{})
		g.follow()
		g.asks()
		began, total := time.Now(), 0
		for total <= 2*window && time.Since(began) < time.Second {
			n, _ := g.Read(make([]byte, 32<<10))
			total += n
		}
		if took := time.Since(began); total > window/2 {
			t.Errorf("%d bytes were read in %s", total, took)
		}
	})
}
