package tunnel

import (
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// After a sleep a dead connection ends within seconds, a living one goes on.
func TestCheckEndsWhatIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.tunnel.Check()
		if !p.livesFor(time.Hour) {
			t.Fatal("a living connection was ended")
		}
		p.answers.Store(false)
		p.tunnel.Check()
		began := time.Now()
		if p.livesFor(time.Minute) || !p.died.Load() {
			t.Error("a dead connection is still there")
		}
		if took := time.Since(began); took > checkLimit+time.Second {
			t.Errorf("it took %s to end", took)
		}
	})
}

// What comes is a sign of life, too: a pong may wait behind it.
func TestCheckTakesAnySignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		p.answers.Store(false)
		p.tunnel.Check()
		<-time.After(time.Second)
		go p.far.Write(beatBytes)
		if _, err := io.ReadFull(p.hear, make([]byte, len(beatBytes))); err != nil {
			t.Fatal(err)
		}
		if !p.livesFor(checkLimit + time.Second) {
			t.Error("a connection on which something came was ended")
		}
	})
}

// Nor is a client that was stopped a reason to end it.
func TestCheckSparesAStoppedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatient(t)
		defer p.close()
		flood := make([]byte, 1<<20)
		go p.far.Write(flood)
		p.answers.Store(false)
		synctest.Wait()
		p.tunnel.Check()
		<-time.After(time.Minute)
		if p.died.Load() {
			t.Error("a stopped client was taken for a dead far side")
		}
		io.ReadFull(p.hear, flood)
	})
}

// An upload that is stuck has no sign of life to give; one that goes on has.
func TestCheckOfAnUpload(t *testing.T) {
	for name, takes := range map[string]bool{"stuck": false, "slow": true} {
		synctest.Test(t, func(t *testing.T) {
			p := newPatient(t)
			defer p.close()
			go p.say.Write(make([]byte, 1<<20))
			p.answers.Store(false)
			synctest.Wait()
			p.tunnel.Check()
			<-time.After(time.Second)
			if takes {
				io.ReadFull(p.far, make([]byte, 100<<10))
			}
			<-time.After(checkLimit)
			if died := p.died.Load(); died == takes {
				t.Errorf("%s: died is %v", name, died)
			}
		})
	}
}
