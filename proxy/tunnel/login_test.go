package tunnel

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A loginFar notes when its client is taken for logged in.
type loginFar struct {
	net.Conn
	at time.Time
}

func (f *loginFar) LoggedIn() {
	if f.at.IsZero() {
		f.at = time.Now()
	}
}

// When a client is taken to have logged in. "c" is the client's turn, "s" the far side's,
// and "." a tenth of a second.
func TestWhenSomebodyHasLoggedIn(t *testing.T) {
	for name, tt := range map[string]struct {
		turns string
		want  time.Duration // since the last turn
	}{
		"a key and a command":     {"cscscscscscs", 0},
		"a key and nothing more":  {"cscscscs", quietTime},
		"slowly":                  {"cs....cs....cs....cs....cs....cs", 0},
		"a password is asked for": {"cscs", loginTime},
		"a passphrase":            {"cscscs", loginTime},
		"nobody says anything":    {"", loginTime},
		"several packets a turn":  {"ccssccssccss", loginTime},
		"the far side alone":      {"ssssssss", loginTime},
	} {
		synctest.Test(t, func(t *testing.T) {
			far := &loginFar{}
			l := watchLogin(far)
			defer l.stop()
			l.asks() // of the key exchange
			l.begin()
			for _, turn := range tt.turns {
				switch turn {
				case 'c':
					l.asks()
				case 's':
					l.answered()
				default:
					time.Sleep(100 * time.Millisecond)
				}
			}
			last := time.Now()
			time.Sleep(2 * loginTime)
			synctest.Wait()
			if far.at.IsZero() || far.at.Sub(last) != tt.want {
				t.Errorf("%s: after %s, want %s", name, far.at.Sub(last), tt.want)
			}
		})
	}
}
