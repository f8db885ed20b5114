package backendai_test

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"golang.org/x/crypto/ssh"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

var keyFileBehaviours = []behaviour{
	{name: "key file/POST is 405", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "POST", keyFileOf(tr.session()), `{"file":"id_container"}`), http.StatusMethodNotAllowed, "method-not-allowed")
	}},
	{name: "key file/a download is no change of the status", is: func(tr *trial) {
		before := tr.row(tr.session()).StatusChanged
		tr.ask(site.Alice, "GET", keyFileOf(tr.session()), "")
		if after := tr.row(tr.session()).StatusChanged; after != before {
			tr.Errorf("it changed at %s, before at %s", after, before)
		}
	}},
	{name: "key file/GET with a query is the file itself", is: func(tr *trial) {
		r := tr.ask(site.Alice, "GET", keyFileOf(tr.session()), "")
		tr.want(r, http.StatusOK, "")
		if !strings.HasPrefix(string(r.body), "-----BEGIN RSA PRIVATE KEY-----\n") {
			tr.Errorf("it begins %.40q", r.body)
		}
	}},
	{name: "key file/unknown keys of the query are 400", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", keyFileOf(tr.session())+"&other=1", ""), http.StatusBadRequest, "invalid-api-params")
	}},
	{name: "key file/one that is not there is 500 in the agent's words", is: func(tr *trial) {
		r := tr.ask(site.Alice, "GET", "/session/"+tr.session().ID()+"/download_single?file=not-there", "")
		tr.want(r, http.StatusInternalServerError, "kernel-execution-failed")
		if !strings.Contains(string(r.body), "agent-failure") {
			tr.Errorf("it says %s", r.body)
		}
	}},
	{name: "key file/somebody else's is 404", is: func(tr *trial) {
		tr.want(tr.ask(site.Bob, "GET", keyFileOf(tr.session()), ""), http.StatusNotFound, "object-not-found")
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

func keyFileOf(s site.Session) string {
	return "/session/" + s.ID() + "/download_single?file=id_container"
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
