package backendai_test

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

var keyFileBehaviours = []behaviour{
	{name: "key file/by which method it is asked for, and where its name is", holds: "downloadSingle", is: func(tr *trial) {
		tr.wantForms("/session/"+tr.session().ID()+"/download_single", "?file=id_container", `{"file": "id_container"}`)
	}},
	{name: "key file/a download is no change of the status", is: func(tr *trial) {
		before := tr.row(tr.session()).StatusChanged
		tr.fetch(site.Alice, tr.session(), "id_container")
		if after := tr.row(tr.session()).StatusChanged; after != before {
			tr.Errorf("it changed at %s, before at %s", after, before)
		}
	}},
	{name: "key file/it is the file itself, or a tar of old", holds: "singleIsTar", is: func(tr *trial) {
		r := tr.fetch(site.Alice, tr.session(), "id_container")
		tr.want(r, good)
		tar := len(r.body) > 262 && string(r.body[257:262]) == "ustar"
		plain := bytes.HasPrefix(r.body, []byte("-----BEGIN RSA PRIVATE KEY-----\n"))
		if tar == plain || tar == tr.from("22.09") {
			tr.Errorf("it begins %.40q", r.body)
		}
	}},
	{name: "key file/unknown keys of the query are 400, and of late nothing", holds: "strictQuery", is: func(tr *trial) {
		method := since[string]{"22.03": "GET", "24.03": "POST"}.at(tr)
		r := tr.ask(site.Alice, method, "/session/"+tr.session().ID()+"/download_single?file=id_container&other=1", "")
		tr.want(r, since[answer]{"22.03": wrongParams, "26.4": good}.at(tr))
	}},
	{name: "key file/one that is not there is 500, for long in the agent's words", holds: "agentDetails", is: func(tr *trial) {
		r := tr.fetch(site.Alice, tr.session(), "not-there")
		tr.want(r, since[answer]{"22.03": {http.StatusInternalServerError, "kernel-execution-failed"}, "26.9": brokenServer}.at(tr))
		if strings.Contains(string(r.body), "agent-failure") == tr.from("26.9") {
			tr.Errorf("it says %s", r.body)
		}
	}},
	{name: "key file/somebody else's", is: func(tr *trial) {
		tr.want(tr.fetch(site.Bob, tr.session(), "id_container"), tr.notMine())
	}},
	{name: "key file/the user's own logs in", is: func(tr *trial) { tr.logIn(site.Alice, tr.session()) }},
	{name: "key file/one that the container made logs in", is: func(tr *trial) {
		s := tr.create(site.Spec{User: site.Bob})
		if key := tr.logIn(site.Bob, s); !strings.HasPrefix(string(key), "-----BEGIN RSA PRIVATE KEY-----\n") {
			tr.Errorf("it begins %.40q", key)
		}
	}},
	{name: "key file/where .ssh is mounted there is none", is: func(tr *trial) {
		s := tr.create(site.Spec{Authorized: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti me"})
		if _, err := tr.client(site.Alice).DownloadKey(tr.Context(), s.ID()); !errors.Is(err, backendai.ErrNoKeyFile) {
			tr.Errorf("it is %v", err)
		}
	}},
}

// wantForms tries the four ways to ask for a file.
func (tr *trial) wantForms(target, query, body string) {
	tr.Helper()
	deprecated := answer{http.StatusBadRequest, "deprecated"}
	want := since[[4]answer]{
		"22.03":    {good, good, wrongMethod, wrongMethod},
		"23.09.11": {good, wrongParams, wrongMethod, wrongMethod},
		"24.03":    {deprecated, deprecated, good, good},
		"26.4":     {wrongMethod, wrongMethod, good, wrongParams},
	}.at(tr)
	for i, r := range []reply{
		tr.ask(site.Alice, "GET", target+query, ""), tr.ask(site.Alice, "GET", target, body),
		tr.ask(site.Alice, "POST", target+query, ""), tr.ask(site.Alice, "POST", target, body),
	} {
		if got := (answer{r.status, r.slug}); got != want[i] {
			tr.Errorf("way %d: got %v, want %v", i, got, want[i])
		}
	}
}

// fetch asks for a file as the release wants to be asked.
func (tr *trial) fetch(who site.User, s site.Session, file string) reply {
	tr.Helper()
	method := since[string]{"22.03": "GET", "24.03": "POST"}.at(tr)
	return tr.ask(who, method, "/session/"+s.ID()+"/download_single?file="+file, "")
}

// logIn logs in with the session's key file, and returns it.
func (tr *trial) logIn(who site.User, s site.Session) []byte {
	tr.Helper()
	key, err := tr.client(who).DownloadKey(tr.Context(), s.ID())
	if err != nil {
		tr.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(key)
	if err != nil {
		tr.Fatal(err)
	}
	conn, err := tr.client(who).Dial(tr.Context(), s.ID())
	if err != nil {
		tr.Fatal(err)
	}
	defer conn.Close()
	login, _, _, err := ssh.NewClientConn(conn, "", &ssh.ClientConfig{
		User: tr.Account(), Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		tr.Fatal(err)
	}
	login.Close()
	return key
}

// hostKey is what the session's ssh server is known by.
func (tr *trial) hostKey(s site.Session) string {
	tr.Helper()
	conn, err := tr.client(site.Alice).Dial(tr.Context(), s.ID())
	if err != nil {
		tr.Fatal(err)
	}
	defer conn.Close()
	var shown string
	_, _, _, err = ssh.NewClientConn(conn, "", &ssh.ClientConfig{HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
		shown = ssh.FingerprintSHA256(key)
		return errors.New("seen enough")
	}})
	if shown == "" {
		tr.Fatal(err)
	}
	return shown
}
