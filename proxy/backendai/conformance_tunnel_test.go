package backendai_test

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"baissh/proxy/backendai/backendaitest/site"
)

// wantRefused wants a tunnel to be refused before the 101.
func (tr *trial) wantRefused(who site.User, target string, status int, slug string) {
	tr.Helper()
	ws, refusal := tr.open(who, target)
	if ws != nil {
		tr.Errorf("%s: granted", target)
		return
	}
	tr.want(refusal, status, slug)
}

var refusalBehaviours = []behaviour{
	{name: "refusal/nobody's id is 404", is: func(tr *trial) {
		tr.wantRefused(site.Alice, sshdOf(nobodys), http.StatusNotFound, "object-not-found")
	}},
	{name: "refusal/somebody else's id is 404", is: func(tr *trial) {
		tr.wantRefused(site.Bob, sshdOf(tr.session().ID()), http.StatusNotFound, "object-not-found")
	}},
	{name: "refusal/a second key pair is 401", is: func(tr *trial) {
		tr.wantRefused(site.Alice2, sshdOf(tr.session().ID()), http.StatusUnauthorized, "auth-failed")
	}},
	{name: "refusal/a session that waits is 500", is: func(tr *trial) {
		s := tr.create(site.Spec{Pending: true})
		tr.wantRefused(site.Alice, sshdOf(s.ID()), http.StatusInternalServerError, "internal-server-error")
	}},
	{name: "refusal/the id of an ended session is 404, also while another has its name", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "ended"})
		tr.must(s.End())
		tr.wantRefused(site.Alice, sshdOf(s.ID()), http.StatusNotFound, "object-not-found")
		tr.create(site.Spec{Name: "ended"})
		tr.wantRefused(site.Alice, sshdOf(s.ID()), http.StatusNotFound, "object-not-found")
	}},
	{name: "refusal/a session without the app is 404", is: func(tr *trial) {
		s := tr.create(site.Spec{SSH: site.NoApp})
		tr.wantRefused(site.Alice, sshdOf(s.ID()), http.StatusNotFound, "object-not-found")
	}},
	{name: "refusal/no app, any port and unknown keys are 400", is: func(tr *trial) {
		target := sshdOf(tr.session().ID())
		tr.wantRefused(site.Alice, strings.TrimSuffix(target, "?app=sshd"), http.StatusBadRequest, "invalid-api-params")
		tr.wantRefused(site.Alice, target+"&port=2200", http.StatusBadRequest, "invalid-api-params")
		tr.wantRefused(site.Alice, target+"&other=1", http.StatusBadRequest, "invalid-api-params")
	}},
	{name: "refusal/without an upgrade it is 400", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", sshdOf(tr.session().ID()), ""), http.StatusBadRequest, "generic-bad-request")
	}},
}

var tunnelBehaviours = []behaviour{
	{name: "tunnel/the ssh server speaks first", is: func(tr *trial) {
		ws := tr.tunnel(tr.session())
		defer ws.Close(websocket.StatusNormalClosure, "")
		if got := tr.banner(ws); got != "SSH-2.0-dropbear_2020.81" {
			tr.Errorf("it says %q", got)
		}
	}},
	{name: "tunnel/pings are answered", is: func(tr *trial) {
		ws := tr.tunnel(tr.session())
		defer ws.Close(websocket.StatusNormalClosure, "")
		tr.banner(ws)
		ctx, cancel := context.WithTimeout(ws.CloseRead(tr.Context()), conformancePatience)
		defer cancel()
		if err := ws.Ping(ctx); err != nil {
			tr.Error(err)
		}
	}},
	{name: "tunnel/our goodbye is answered with 1000", is: func(tr *trial) {
		ws := tr.tunnel(tr.session())
		tr.banner(ws)
		if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
			tr.Error(err)
		}
	}},
	{name: "tunnel/a port that refuses is 1013 after the 101", is: func(tr *trial) {
		s := tr.create(site.Spec{SSH: site.Dead})
		for range 3 {
			if end := tr.endOf(tr.tunnel(s)); end != "1013" {
				tr.Errorf("it ended by %s", end)
			}
		}
	}},
	{name: "tunnel/the ssh server's end is a FIN", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		for range 3 {
			ws := tr.tunnel(s)
			tr.banner(ws)
			tr.must(s.StopSSH())
			if end := tr.endOf(ws); end != "FIN" {
				tr.Errorf("it ended by %s", end)
			}
			if end := tr.endOf(tr.tunnel(s)); end != "1013" {
				tr.Errorf("the next ended by %s", end)
			}
			tr.must(s.StartSSH())
			tr.eventually("the ssh server is back", func() bool { return tr.banner(tr.tunnel(s)) != "" })
		}
	}},
	{name: "tunnel/five may wait to log in, and a sixth ends without a word", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		var waiting []*websocket.Conn
		for range 5 {
			ws := tr.tunnel(s)
			waiting = append(waiting, ws)
			if tr.banner(ws) == "" {
				tr.Fatalf("number %d ended", len(waiting))
			}
		}
		sixth := tr.tunnel(s)
		if got := tr.banner(sixth); got != "" {
			tr.Errorf("the sixth hears %q", got)
		}
		if end := tr.endOf(sixth); end != "FIN" {
			tr.Errorf("the sixth ended by %s", end)
		}
		waiting[0].Close(websocket.StatusNormalClosure, "")
		tr.eventually("one that says goodbye makes room", func() bool { return tr.banner(tr.tunnel(s)) != "" })
	}},
	{name: "tunnel/a client that vanishes makes room soon", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		for range 5 {
			ws := tr.tunnel(s)
			tr.banner(ws)
			ws.CloseNow()
		}
		tr.eventually("there is room", func() bool { return tr.banner(tr.tunnel(s)) != "" })
	}},
}

var lifeBehaviours = []behaviour{
	{name: "life/the end of a session ends its tunnels", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.End())
		if end := tr.endOf(ws); end != "FIN" && end != "1001" {
			tr.Errorf("it ended by %s", end)
		}
	}},
	{name: "life/a crash ends its tunnels with a FIN, and then the session", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.Crash())
		if end := tr.endOf(ws); end != "FIN" {
			tr.Errorf("it ended by %s", end)
		}
		if row := tr.row(s); row.Status != "TERMINATED" || row.StatusInfo == nil || *row.StatusInfo != "self-terminated" {
			tr.Errorf("the list has it %+v", row)
		}
	}},
	{name: "life/a restart changes the host key, and not what the list says of the container", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		before, hostKey := tr.row(s), tr.hostKey(s)
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.Restart())
		if end := tr.endOf(ws); end != "FIN" {
			tr.Errorf("its tunnel ended by %s", end)
		}
		after := tr.row(s)
		if after.Status != "RUNNING" || after.Containers[0] != before.Containers[0] {
			tr.Errorf("before %+v, after %+v", before, after)
		}
		if after.StatusChanged == before.StatusChanged {
			tr.Error("the status has not changed, says the list")
		}
		if tr.hostKey(s) == hostKey {
			tr.Error("the host key is that of before")
		}
	}},
	{name: "life/sessions outlive the manager, tunnels and streams do not", alone: true, is: func(tr *trial) {
		e, ws := tr.listen(site.Alice), tr.tunnel(tr.session())
		tr.banner(ws)
		tr.must(tr.Down())
		if end := tr.endOf(ws); end != "1001" {
			tr.Errorf("the tunnel ended by %s", end)
		}
		if err := <-e.ended; err == nil || !strings.HasSuffix(err.Error(), "EOF") || strings.HasSuffix(err.Error(), "unexpected EOF") {
			tr.Errorf("the stream ended with %v", err)
		}
		tr.must(tr.Up())
		ws = tr.tunnel(tr.session())
		defer ws.Close(websocket.StatusNormalClosure, "")
		if tr.banner(ws) == "" {
			tr.Error("no way into the session any more")
		}
	}},
}
