package backendai_test

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"baissh/proxy/backendai/backendaitest/site"
)

// wantTunnel wants a tunnel to be granted, or to be refused before the 101.
func (tr *trial) wantTunnel(who site.User, target string, want answer) {
	tr.Helper()
	ws, r := tr.open(who, target)
	if ws != nil {
		ws.Close(websocket.StatusNormalClosure, "")
	}
	if got := (answer{r.status, r.slug}); got != want {
		tr.Errorf("%s: got %v, want %v", target, got, want)
	}
}

var refusalBehaviours = []behaviour{
	{name: "refusal/nobody's id", is: func(tr *trial) {
		tr.wantTunnel(site.Alice, sshdOf(nobodys), tr.notMine())
	}},
	{name: "refusal/somebody else's id", is: func(tr *trial) {
		tr.wantTunnel(site.Bob, sshdOf(tr.session().ID()), tr.notMine())
	}},
	{name: "refusal/a second key pair", is: func(tr *trial) {
		want := since[answer]{"22.03": noSession, "23.09.10": notSignedIn, "25.15": noSession, "26.4": granted}.at(tr)
		tr.wantTunnel(site.Alice2, sshdOf(tr.session().ID()), want)
	}},
	{name: "refusal/a session that waits is 500, and of late 404", is: func(tr *trial) {
		s := tr.create(site.Spec{Pending: true})
		tr.wantTunnel(site.Alice, sshdOf(s.ID()), since[answer]{"22.03": brokenServer, "26.4": noSession}.at(tr))
	}},
	{name: "refusal/the id of an ended session is 404, but of late it leads into the next of its name", is: func(tr *trial) {
		s := tr.create(site.Spec{Name: "ended"})
		tr.must(s.End())
		tr.wantTunnel(site.Alice, sshdOf(s.ID()), tr.unknown())
		tr.create(site.Spec{Name: "ended"})
		tr.wantTunnel(site.Alice, sshdOf(s.ID()), since[answer]{"22.03": noSession, "26.4": granted}.at(tr))
	}},
	{name: "refusal/a session without the app is 404", is: func(tr *trial) {
		s := tr.create(site.Spec{SSH: site.NoApp})
		tr.wantTunnel(site.Alice, sshdOf(s.ID()), noSession)
	}},
	{name: "refusal/no app, a port and unknown keys are 400, of late only a wrong port", holds: "strictQuery queryAliases portRefused", is: func(tr *trial) {
		id := tr.session().ID()
		target, bare := sshdOf(id), strings.TrimSuffix(sshdOf(id), "?app=sshd")
		old, late := since[answer]{"22.03": wrongParams, "26.4": granted}.at(tr), since[answer]{"22.03": granted, "26.4": wrongParams}.at(tr)
		tr.wantTunnel(site.Alice, bare, wrongParams)
		tr.wantTunnel(site.Alice, bare+"?service=sshd", late)
		tr.wantTunnel(site.Alice, target+"&port=2200", old)
		tr.wantTunnel(site.Alice, target+"&port=2201", wrongParams)
		tr.wantTunnel(site.Alice, target+"&other=1", old)
	}},
	{name: "refusal/without an upgrade it is 400", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", sshdOf(tr.session().ID()), ""), badRequest)
	}},
}

// sshEnd is how a tunnel ends when the ssh server does.
func (tr *trial) sshEnd() string { return since[string]{"22.03": "FIN", "24.03": "1001"}.at(tr) }

var tunnelBehaviours = []behaviour{
	{name: "tunnel/the ssh server speaks first", holds: "sshBanner", is: func(tr *trial) {
		ws := tr.tunnel(tr.session())
		defer ws.Close(websocket.StatusNormalClosure, "")
		want := since[string]{"22.03": "SSH-2.0-dropbear_2020.81", "24.03": "SSH-2.0-dropbear_2024.85"}.at(tr)
		if got := tr.banner(ws); got != want {
			tr.Errorf("it says %q, want %q", got, want)
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
	{name: "tunnel/the ssh server's end is a FIN, or 1001", holds: "endIsFIN", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		for range 3 {
			ws := tr.tunnel(s)
			tr.banner(ws)
			tr.must(s.StopSSH())
			if end := tr.endOf(ws); end != tr.sshEnd() {
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
		if heard, end := tr.readOut(tr.tunnel(s)); heard != 0 || end != tr.sshEnd() {
			tr.Errorf("the sixth hears %d bytes and ended by %s", heard, end)
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
	{name: "life/a crash ends its tunnels, and then the session", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.Crash())
		if end := tr.endOf(ws); end != tr.sshEnd() {
			tr.Errorf("it ended by %s", end)
		}
		if row := tr.row(s); row.Status != "TERMINATED" || row.StatusInfo == nil || *row.StatusInfo != "self-terminated" {
			tr.Errorf("the list has it %+v", row)
		}
	}},
	{name: "life/a restart, what it changes of the host key and of the container in the list", holds: "hostKeyStays restartUnlisted", is: func(tr *trial) {
		s := tr.create(site.Spec{})
		before, hostKey := tr.row(s), tr.hostKey(s)
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.Restart())
		if end := tr.endOf(ws); end != tr.sshEnd() {
			tr.Errorf("its tunnel ended by %s", end)
		}
		after := tr.row(s)
		same := since[bool]{"22.03": false, "23.03": true, "25.15": false}.at(tr)
		if after.Status != "RUNNING" || (after.Containers[0] == before.Containers[0]) != same {
			tr.Errorf("before %+v, after %+v", before, after)
		}
		if after.StatusChanged == before.StatusChanged {
			tr.Error("the status has not changed, says the list")
		}
		if kept := tr.hostKey(s) == hostKey; kept != tr.from("26.4") {
			tr.Errorf("the host key is that of before: %t", kept)
		}
	}},
	{name: "life/a restart is asked for, and of late refused", holds: "restartRefused", is: func(tr *trial) {
		want := since[answer]{"22.03": {http.StatusNoContent, ""}, "26.8": {http.StatusNotImplemented, "not-implemented"}}.at(tr)
		tr.want(tr.ask(site.Alice, "PATCH", "/session/"+tr.create(site.Spec{}).ID(), ""), want)
	}},
	{name: "life/a new name is in the body, and for long in the query", holds: "renameByBody", is: func(tr *trial) {
		target := "/session/" + tr.create(site.Spec{}).ID() + "/rename"
		tr.want(tr.ask(site.Alice, "POST", target, `{"name": "by-the-body"}`), renamed)
		tr.want(tr.ask(site.Alice, "POST", target+"?name=by-the-query", ""), since[answer]{"22.03": renamed, "26.9": wrongParams}.at(tr))
	}},
	{name: "life/a restart that moves the ports ends in 1013 for good, and all else looks well", is: func(tr *trial) {
		s := tr.create(site.Spec{MovesPorts: true})
		ws := tr.tunnel(s)
		tr.banner(ws)
		tr.must(s.Restart())
		if end := tr.endOf(ws); end != tr.sshEnd() {
			tr.Errorf("its tunnel ended by %s", end)
		}
		for range 3 {
			if end := tr.endOf(tr.tunnel(s)); end != "1013" {
				tr.Errorf("the next ended by %s", end)
			}
		}
		if row := tr.row(s); row.Status != "RUNNING" {
			tr.Errorf("the list has it %+v", row)
		}
		tr.want(tr.ask(site.Alice, "GET", "/stream/session/"+s.ID()+"/apps", ""), answer{http.StatusOK, ""})
	}},
	{name: "life/sessions outlive the manager, tunnels and streams do not", alone: true, holds: "events.cutAtShutdown", is: func(tr *trial) {
		e, ws := tr.listen(site.Alice), tr.tunnel(tr.session())
		tr.banner(ws)
		down := make(chan error, 1)
		go func() { down <- tr.Down() }()
		if end := tr.endOf(ws); end != "1001" {
			tr.Errorf("the tunnel ended by %s", end)
		}
		err := <-e.ended
		cut := err != nil && strings.HasSuffix(err.Error(), "unexpected EOF")
		if err == nil || !strings.HasSuffix(err.Error(), "EOF") || cut != tr.from("25.15") {
			tr.Errorf("the stream ended with %v", err)
		}
		tr.must(<-down)
		tr.must(tr.Up())
		ws = tr.tunnel(tr.session())
		defer ws.Close(websocket.StatusNormalClosure, "")
		if tr.banner(ws) == "" {
			tr.Error("no way into the session any more")
		}
	}},
}
