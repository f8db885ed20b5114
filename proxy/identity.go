package proxy

import (
	"context"
	"errors"
	"os"

	"baissh/proxy/backendai"
	"baissh/proxy/state"
)

// An identity is what one incarnation is known by. It is fetched once.
type identity struct {
	Incarnation state.Incarnation `json:"incarnation"`
	HostKey     string            `json:"host_key"`           // authorized_keys form, no comment
	Greeting    string            `json:"greeting,omitempty"` // the server's identification line
	HasKey      bool              `json:"has_key"`            // the session had a key file

	// What the server was asked about, and that it does not take them.
	Account      string `json:"account"`
	IdentityFile string `json:"identity_file,omitempty"` // "" is the session's own
	Refused      bool   `json:"refused,omitempty"`

	Mismatch bool `json:"mismatch,omitempty"` // the server showed another host key since

	key []byte // the key file, on its way to the disk
}

// fetchIdentity gets a session's key file and reads its host key through the
// authenticated tunnel, which proves it as well as the manager can.
func fetchIdentity(ctx context.Context, to way, w wish) (*identity, error) {
	id, err := identity{Incarnation: w.session.Incarnation()}.withKey(ctx, to.client)
	if err == nil {
		err = id.meet(ctx, to, w)
	}
	if err != nil || id.HasKey {
		return id, err
	}
	// A container that makes its own key has made it by the time that sshd answers.
	if id, err = id.withKey(ctx, to.client); err == nil && id.HasKey {
		err = id.meet(ctx, to, w)
	}
	return id, err
}

// meet probes the ssh server with the account and key that the wish has for it.
func (id *identity) meet(ctx context.Context, to way, w wish) error {
	id.Account, id.IdentityFile = w.override.Account, w.identityFile(id.HasKey)
	key := id.key
	if id.IdentityFile != "" {
		key, _ = os.ReadFile(id.IdentityFile) // one that cannot be read is not tried; ssh will say so
	}
	return id.probe(ctx, to.dial, key)
}

// doubted reports whether the wish's container has shown another host key than
// the pinned one.
func (id *identity) doubted(w wish) bool {
	return id != nil && id.Mismatch && id.Incarnation.Same(w.session.Incarnation())
}

// judged returns the identity with what is known of the host key that its server shows.
func (id identity) judged(matches bool) *identity {
	id.Mismatch = !matches
	return &id
}

// fits reports whether the identity is that of the wish as it is now: its
// container, and the account and key that the user wants.
func (id *identity) fits(w wish) bool {
	return id != nil && id.Incarnation.Same(w.session.Incarnation()) &&
		id.Account == w.override.Account && id.IdentityFile == w.identityFile(id.HasKey)
}

// withKey returns a copy that brings the key file along, if there is one.
func (id identity) withKey(ctx context.Context, c *backendai.Client) (*identity, error) {
	key, err := c.DownloadKey(ctx, id.Incarnation.SessionID)
	id.key, id.HasKey = key, err == nil
	if errors.Is(err, backendai.ErrNoKeyFile) {
		err = nil
	}
	return &id, err
}
