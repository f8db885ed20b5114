// Package site gives tests a Backend.AI that is either played or real, so that
// one and the same test is held against both. The build tag "real" chooses: without
// it, [Start] starts the simulator, as any release; with it, the server in
// .ci/real-backendai, of [Release] or what its overlay is.
//
// It can do what a user can do to sessions, and what befalls them: what both can.
package site

import "time"

// Release is what is real, or played, unless another is asked for.
const Release = "23.09.10"

// Options say what to start. The zero value is a server of [Release].
type Options struct {
	Release    string        // one of [Releases]
	CrashDelay time.Duration // of the simulator; as the release has it if zero
}

// A Site is a manager with its users, and no sessions at first.
type Site interface {
	// Release is what it is, one of [Releases].
	Release() string
	URL() string
	// WebURL is the web server's, which stands before the manager.
	WebURL() string
	// KeyPair is how a user signs. Alice2 is a second pair of Alice's.
	KeyPair(User) (access, secret string)
	// Password is what a user signs in to the web server with.
	Password(User) (name, password string)
	// Account is whom ssh logs in as.
	Account() string
	// Create returns a session that is RUNNING, or PENDING for good if so specified.
	Create(Spec) (Session, error)
	// Down and Up stop the manager and start it again at its address.
	Down() error
	Up() error
	// WebDown and WebUp do so to the web server. Logins go on.
	WebDown() error
	WebUp() error
	// LoginsLast has the logins last so long that are made from now on. It restarts
	// the web server.
	LoginsLast(time.Duration) error
	// Close ends all sessions, and the simulator.
	Close() error
}

// A Session is one that [Site.Create] made. Its methods return when the manager
// says that it is done.
type Session interface {
	ID() string
	Name() string
	End() error
	Discard() // ends it, soon; it may have ended
	Restart() error
	Rename(name string) error
	Crash() error // of the container, from inside
	StopSSH() error
	StartSSH() error
}

// A User is one of those whom each site has.
type User string

// The users.
const (
	Alice  User = "alice"  // with an SSH key
	Alice2 User = "alice2" // her second key pair
	Bob    User = "bob"    // without one: the container makes it
	Dave   User = "dave"   // may ask 30 times in 15 minutes
)

// An SSHServer is what is behind a session's app sshd.
type SSHServer string

// The ssh servers.
const (
	Shipped SSHServer = "shipped" // the vendor's; the simulator's own stands in for it
	Debian  SSHServer = "debian"  // Debian's Dropbear
	OpenSSH SSHServer = "openssh"
	NoApp   SSHServer = "none" // the session has no such app
	Dead    SSHServer = "dead" // the app is listed, and its port refuses
)

// A Spec says which session to create. The zero value is one of Alice's, with a
// name of its own.
type Spec struct {
	Name       string
	User       User
	SSH        SSHServer
	Authorized string // if given, a folder .ssh is mounted that lets in this key and no other
	Containers int
	Pending    bool
	MovesPorts bool // a restart does, which the manager does not notice
}
