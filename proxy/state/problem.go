package state

import (
	"errors"
	"fmt"
)

// A Problem is something that went wrong, in words for the user: Fact says what,
// Hint says the way out. The engine, the CLI and the sentence that ssh prints
// all take their words from here, so that they never disagree.
type Problem struct {
	Code Code
	Fact string
	Hint string
	err  error
}

// A Code is the stable name of a kind of problem, for scripts.
type Code string

// The codes that callers decide on.
const (
	SessionEnded     Code = "session-ended"
	SessionNotReady  Code = "session-not-ready"
	TunnelRefused    Code = "tunnel-refused"
	SignInNeeded     Code = "sign-in-needed"
	Unreachable      Code = "unreachable"
	Silent           Code = "silent"
	Busy             Code = "busy"
	RateLimited      Code = "rate-limited"
	Garbage          Code = "garbage"
	NoSSH            Code = "no-ssh"
	NoKey            Code = "no-key"
	KeyRefused       Code = "key-refused"
	HostKeyChanged   Code = "host-key-changed"
	BadName          Code = "bad-name"
	NoPort           Code = "no-port"
	SecretMissing    Code = "secret-missing"
	SignedOut        Code = "signed-out"
	DisabledByUser   Code = "disabled"
	StoppedByRestart Code = "restarted"
	NoSuchSession    Code = "no-such-session"
	OtherUserRefused Code = "other-user"
	NoState          Code = "no-state"
	VersionMismatch  Code = "version-mismatch"
)

// Error is the fact and the way out in one line; it fits what an ssh client shows.
func (p *Problem) Error() string {
	if p.Hint == "" {
		return p.Fact
	}
	return p.Fact + "; " + p.Hint
}

// Unwrap returns what the problem was made from.
func (p *Problem) Unwrap() error { return p.err }

// Because returns a copy of p that carries err as its cause.
func (p *Problem) Because(err error) *Problem {
	c := *p
	c.err = err
	return &c
}

// AsProblem returns the Problem in err's chain, or one made of err's own words.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return &Problem{Code: Garbage, Fact: err.Error(), err: err}
}

// IsCode reports whether err is a Problem of this code.
func IsCode(err error, c Code) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == c
}

func problem(c Code, hint, fact string, args ...any) *Problem {
	return &Problem{Code: c, Fact: fmt.Sprintf(fact, args...), Hint: hint}
}
