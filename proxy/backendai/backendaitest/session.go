package backendaitest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A SessionSpec says which session to create. The zero value is a RUNNING
// interactive session of the first user, with a name of its own.
type SessionSpec struct {
	Name       string
	ID         string // a new UUID if empty
	Type       string // "INTERACTIVE", "BATCH", "INFERENCE", "SYSTEM"; the first if empty
	Status     string // where its life stops for now; "RUNNING" if empty
	AccessKey  string // the key pair that made it; that of the first user if empty
	Project    string // "default" if empty
	Image      string
	Containers int // 1 if zero; the first is the main one

	SSH           SSHServer // as Options say if empty
	Key           KeyForm   // how id_container looks; PEM if empty
	AuthorizedKey string    // one more line for authorized_keys

	NoSSHApp       bool // service_ports without sshd
	NoServicePorts bool // service_ports null
}

// A KeyForm is how a session's key file looks.
type KeyForm string

// The forms of a key file.
const (
	KeyPEM     KeyForm = "pem"     // PKCS#1
	KeyOpenSSH KeyForm = "openssh" // as newer containers write it
	KeyMissing KeyForm = "missing" // the user's own .ssh folder is mounted: no file, and the key does not log in
	KeyTar     KeyForm = "tar"     // download_single gives a tar with it
)

// A Session is a compute session. Its fields are guarded by the server's mutex.
type Session struct {
	server *Server
	spec   SessionSpec
	id     string
	key    *sshKey

	name                    string
	owner                   *keyPair
	status                  string
	statusInfo              string
	idle                    *idleCheck // nil for none
	created, changed, ended time.Time
	kernels                 []*kernel
	container               *container            // the main one; nil while none runs
	others                  map[string]*container // by host; those of a cluster
	hostKey                 *sshKey               // of the present or last container
	lastConnections         Connections
	downloads               int
	hidden                  bool
}

// A kernel is a container as the manager's list has it.
type kernel struct {
	id          string
	containerID string
	role        string
	index       int
	status      string
	changed     time.Time
}

func (k *kernel) hostname() string { return fmt.Sprintf("%s%d", k.role, k.index) }

// CreateSession creates a session and plays its life up to the status of the
// spec, with the events of the release. A status that is not a step of a
// session's life is set as it is. Where the release lets two sessions have one name,
// they may be made so, which at a real one takes a rename.
func (s *Server) CreateSession(spec SessionSpec) (*Session, error) {
	session, err := s.newSession(spec)
	if err != nil {
		return nil, err
	}
	if err := s.add(session); err != nil {
		return nil, err
	}
	session.tell(s.release.events.enqueued, "Session enqueued")
	return session, session.live(session.spec.Status)
}

func (s *Server) newSession(spec SessionSpec) (*Session, error) {
	owner, err := s.ownerOf(spec.AccessKey)
	if err != nil {
		return nil, err
	}
	id := newUUID4()
	orElse(&spec.ID, id)
	orElse(&spec.Name, "session-"+id[:8])
	orElse(&spec.Type, "INTERACTIVE")
	orElse(&spec.Status, "RUNNING")
	orElse(&spec.Project, "default")
	orElse(&spec.Image, "cr.backend.ai/stable/python:3.9-ubuntu20.04")
	orElse(&spec.Containers, 1)
	orElse(&spec.SSH, s.options.SSH)
	orElse(&spec.Key, KeyPEM)
	key, err := s.sshKeyOf(owner)
	if err != nil {
		return nil, err
	}
	now := s.now()
	session := &Session{
		server: s, spec: spec, id: spec.ID, key: key, name: spec.Name, owner: owner,
		status: "PENDING", created: now, changed: now, others: map[string]*container{},
	}
	session.kernels = s.newKernels(session)
	return session, nil
}

func (s *Server) ownerOf(access string) (*keyPair, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if access == "" {
		return s.first, nil
	}
	if pair := s.pairs[access]; pair != nil {
		return pair, nil
	}
	return nil, fmt.Errorf("create session: nobody has the access key %s", access)
}

func (s *Server) newKernels(session *Session) []*kernel {
	var kernels []*kernel
	for i := range session.spec.Containers {
		k := &kernel{id: newUUID4(), role: "sub", index: i, status: "PENDING", changed: session.created}
		if s.release.kernelIDsByTime {
			k.id = newUUID7()
		}
		if i == 0 {
			k.role, k.index = "main", 1
		}
		if i == 0 && s.release.mainIsSession {
			k.id = session.id
		}
		kernels = append(kernels, k)
	}
	return kernels
}

// Sessions returns all sessions, ended ones too, the oldest first.
func (s *Server) Sessions() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sessions)
}

// ID is the session's UUID.
func (e *Session) ID() string { return e.id }

// Name is the session's name at present.
func (e *Session) Name() string { return locked(e, func() string { return e.name }) }

// Status is the session's status at present.
func (e *Session) Status() string { return locked(e, func() string { return e.status }) }

// ContainerID is that of the main container, empty before there is one.
func (e *Session) ContainerID() string {
	return locked(e, func() string { return e.kernels[0].containerID })
}

// HostKey is the public host key of the main container in the form of
// authorized_keys, empty before there was one.
func (e *Session) HostKey() string {
	return locked(e, func() string {
		if e.hostKey == nil {
			return ""
		}
		return e.hostKey.authorized
	})
}

// Key is the private key that logs in, as id_container has it; nil where there
// is no such file.
func (e *Session) Key() []byte {
	switch e.spec.Key {
	case KeyMissing:
		return nil
	case KeyOpenSSH:
		return e.key.openSSH()
	}
	return e.key.pkcs1()
}

// Account is the name to log in with.
func (e *Session) Account() string {
	return locked(e, func() string {
		if e.container == nil {
			return e.server.options.ContainerAccount
		}
		return e.container.account
	})
}

func locked[T any](e *Session, read func() T) T {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	return read()
}

// gone reports whether the session has ended.
func (e *Session) gone() bool { return e.status == "TERMINATED" || e.status == "CANCELLED" }

// isUp reports whether the session's containers are there.
func (e *Session) isUp() bool { return strings.HasPrefix(e.status, "RUNNING") }
