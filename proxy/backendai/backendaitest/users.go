package backendaitest

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// A User is who sessions belong to. The zero value is an ordinary user.
type User struct {
	Email string
	Role  string // "user", "admin" or "superadmin"; "user" if empty

	NoSSHKey  bool // each session's container makes a key pair
	RateLimit int  // requests in 15 minutes; as Options say if zero

	// For the web server, which lets nobody in without a password.
	Password  string
	Code      string // the one-time code that is wanted besides; none if empty
	MaxLogins int    // at a time, in releases that count them; 0 is any number
}

type user struct {
	User
	id    string
	main  *keyPair
	pairs []*keyPair
}

// A keyPair is one way for a user to sign. Sessions remember which one made them.
type keyPair struct {
	access, secret string
	owner          *user
	expired        bool
	ssh            *sshKey // made on first use
	calls          callTimes
}

// KeyPair returns the key pair of the user whom every server has.
func (s *Server) KeyPair() (access, secret string) { return s.first.access, s.first.secret }

// Password returns what the user whom every server has signs in to the web server with.
func (s *Server) Password() (email, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first.owner.Email, s.first.owner.Password
}

// ChangeUser changes what there is to know about a user.
func (s *Server) ChangeUser(email string, change func(*User)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.Email == email {
			change(&u.User)
		}
	}
}

// AddUser adds a user with one key pair, and returns that.
func (s *Server) AddUser(who User) (access, secret string) {
	pair := s.addUser(who)
	return pair.access, pair.secret
}

func (s *Server) addUser(who User) *keyPair {
	s.mu.Lock()
	defer s.mu.Unlock()
	orElse(&who.Role, "user")
	orElse(&who.Email, fmt.Sprintf("user%d@example.com", len(s.users)+1))
	u := &user{User: who, id: newUUID4()}
	s.users = append(s.users, u)
	u.main = s.addPair(u)
	return u.main
}

// AddKeyPair gives the owner of a key pair another one. Some releases let in the
// first one only.
func (s *Server) AddKeyPair(access string) (newAccess, secret string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pair := s.pairs[access]
	if pair == nil {
		return "", "", fmt.Errorf("add a key pair: nobody has %s", access)
	}
	added := s.addPair(pair.owner)
	return added.access, added.secret, nil
}

func (s *Server) addPair(owner *user) *keyPair {
	pair := &keyPair{access: "AKIA" + randomLetters(16), secret: randomLetters(40), owner: owner}
	owner.pairs = append(owner.pairs, pair)
	s.pairs[pair.access] = pair
	return pair
}

// RenewSSHKey gives the first user another key for sessions to come.
func (s *Server) RenewSSHKey() error {
	_, err := s.renew(s.first)
	return err
}

// ExpireKeyPair makes the manager refuse the key pair from now on, with 401.
func (s *Server) ExpireKeyPair(access string) { s.setExpired(access, true) }

// ReviveKeyPair undoes ExpireKeyPair.
func (s *Server) ReviveKeyPair(access string) { s.setExpired(access, false) }

func (s *Server) setExpired(access string, expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pair := s.pairs[access]; pair != nil {
		pair.expired = expired
	}
}

func randomLetters(n int) string {
	var text strings.Builder
	for text.Len() < n {
		text.WriteString(rand.Text())
	}
	return text.String()[:n]
}
