package backendaitest

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// routes is the manager's table of addresses. Two rows of one path differ in
// method. It is filled at start, since handlers lead back to it.
var routes []*route

func init() {
	routes = []*route{
		public(at("GET", "/", Hello, (*call).hello)),
		public(at("GET", "/manager/announcement", Hello, (*call).announcement)),
		at("POST", "/auth", Auth, (*call).echo),
		at("GET", "/auth/ssh-keypair", Auth, (*call).publicKey),
		at("PATCH", "/auth/ssh-keypair", Auth, (*call).renewKey),
		at("POST", "/admin/gql", List, (*call).graphQL),
		at("GET", "/events/session", Events, (*call).streamEvents),
		at("POST", "/session", SessionInfo, (*call).createSession),
		at("GET", "/session/{s}", SessionInfo, (*call).sessionInfo),
		at("PATCH", "/session/{s}", SessionInfo, (*call).restartSession),
		at("DELETE", "/session/{s}", SessionInfo, (*call).endSession),
		at("POST", "/session/{s}/rename", SessionInfo, (*call).renameSession),
		at("GET", "/session/{s}/download", Download, (*call).download),
		at("POST", "/session/{s}/download", Download, (*call).download),
		at("GET", "/session/{s}/download_single", Download, (*call).downloadSingle),
		at("POST", "/session/{s}/download_single", Download, (*call).downloadSingle),
		at("GET", "/stream/session/{s}/apps", Apps, (*call).apps),
		at("GET", "/stream/session/{s}/tcpproxy", Tunnel, (*call).tcpproxy),
		at("GET", "/stream/session/{s}/httpproxy", Tunnel, (*call).tcpproxy),
	}
}

func (c *call) hello() *problem {
	writeJSON(c.w, http.StatusOK, map[string]string{"version": c.server.release.api, "manager": c.server.release.manager})
	return nil
}

// announcement is asked for by the vendor's client before many of its commands.
func (c *call) announcement() *problem {
	writeJSON(c.w, http.StatusOK, map[string]any{"enabled": false, "message": ""})
	return nil
}

// echo is the manager's own way to try a key pair.
func (c *call) echo() *problem {
	var params struct {
		Echo *string `json:"echo"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&params); err != nil || params.Echo == nil {
		return invalidParams("echo: is required")
	}
	writeJSON(c.w, http.StatusOK, map[string]string{"authorized": "yes", "echo": *params.Echo})
	return nil
}

// publicKey tells the public half only; the private one is shown when it is made.
func (c *call) publicKey() *problem {
	if c.who.owner.NoSSHKey {
		var none any // where it is not null, it is empty
		if c.server.release.noKeyIsEmpty {
			none = ""
		}
		writeJSON(c.w, http.StatusOK, map[string]any{"ssh_public_key": none})
		return nil
	}
	key, err := c.server.sshKeyOf(c.who)
	if err != nil {
		return brokenServer(err.Error())
	}
	writeJSON(c.w, http.StatusOK, map[string]string{"ssh_public_key": key.authorized + "\n"})
	return nil
}

func (c *call) renewKey() *problem {
	key, err := c.server.renew(c.who)
	if err != nil {
		return brokenServer(err.Error())
	}
	writeJSON(c.w, http.StatusOK, map[string]string{
		"ssh_public_key": key.authorized + "\n", "ssh_private_key": string(key.pkcs1()),
	})
	return nil
}

// renew changes the key of future sessions; those that run keep theirs.
func (s *Server) renew(pair *keyPair) (*sshKey, error) {
	key, err := s.keys.take()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	pair.ssh = key
	return key, nil
}

func unescape(piece string) string {
	if plain, err := url.PathUnescape(piece); err == nil {
		return plain
	}
	return piece
}
