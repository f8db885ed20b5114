package state

import "errors"

// The catalogue: every sentence about what went wrong, each with its way out.
// Names of sessions and profiles come from outside and are made Printable.

// Ended says that the session is over.
func Ended(session string) *Problem {
	return problem(SessionEnded, "start it again in Backend.AI and the same alias will work",
		"session %s has ended", Printable(session))
}

// Ending says that the session was told to end. Some time later it will have ended.
func Ending(session string) *Problem {
	return problem(SessionNotReady, "start it again in Backend.AI and the same alias will work",
		"session %s is ending", Printable(session))
}

// NotReady says that the session is there but cannot be entered yet.
func NotReady(session, status string) *Problem {
	return problem(SessionNotReady, `try again in a moment, or watch it with "baissh status --watch"`,
		"session %s is not ready yet (%s)", Printable(session), Printable(status))
}

// LetsNobodyIn says that the manager does not find a session that it lists.
func LetsNobodyIn(session string) *Problem {
	return problem(SessionNotReady, `try again in a moment, or see "baissh status"`,
		"the manager lets nobody into session %s at the moment", Printable(session))
}

// Checking says that something happened to a session and the list is not in yet.
func Checking(session string) *Problem {
	return problem(SessionNotReady, "try again in a moment",
		"something happened to session %s, and the manager was not asked yet what", Printable(session))
}

// KeyNotKept says that the session's key could not be put where ssh looks for it.
func KeyNotKept(session string, err error) *Problem {
	return problem(NoKey, "make room or mend the folder's rights; baissh tries again by itself",
		"the key of session %s cannot be written: %s", Printable(session), Printable(err.Error())).Because(err)
}

// NotPinned says that ssh does not know the session's host key yet.
func NotPinned(session, why string) *Problem {
	return problem(SessionNotReady, `see "baissh status"; baissh tries again by itself`,
		"the host key of session %s could not be written for ssh: %s", Printable(session), Printable(why))
}

// Restarted says that a connection was closed because its container is gone.
func Restarted(session string) *Problem {
	return problem(StoppedByRestart, "connect again",
		"session %s was restarted, this connection belonged to its former container", Printable(session))
}

// Refused says that the tunnel was not let through to the session's ssh server.
func Refused(session string) *Problem {
	return problem(TunnelRefused, "if it goes on, restart the session",
		"the ssh server of session %s does not accept connections", Printable(session))
}

// LedAstray says that the manager's tunnel ends at the ssh server of another session.
func LedAstray(session, other string) *Problem {
	return problem(TunnelRefused, "restart the session",
		"the manager leads to %s in the place of session %s", Printable(other), Printable(session))
}

// BusySSH says that the session's ssh server closed the connection before a greeting.
func BusySSH(session string) *Problem {
	return problem(Busy, "try again in a few seconds",
		"the ssh server of session %s takes no more log-ins at the moment", Printable(session))
}

// NoAnswer says that the far side stayed silent for the whole time allowed.
func NoAnswer(session string) *Problem {
	return problem(Silent, "try again; if it goes on, restart the session",
		"session %s did not answer in time", Printable(session))
}

// FellSilent says that an open connection was given up.
func FellSilent(session string) *Problem {
	return problem(Silent, "connect again",
		"nothing came from session %s any more, not even an answer to whether it is there", Printable(session))
}

// CutOff says that an open connection was ended by none of those who use it.
func CutOff(session string) *Problem {
	return problem(Unreachable, "connect again",
		"the way to session %s was cut, by its ssh server, the manager or the network", Printable(session))
}

// SignIn says that the manager does not accept the profile's key pair.
func SignIn(profile string) *Problem {
	return problem(SignInNeeded, "sign in again: baissh login"+ProfileFlag(profile),
		"the manager refused the key pair of profile %q", Printable(profile))
}

// LoginEnded says that the web server does not accept the profile's login any more.
func LoginEnded(profile string) *Problem {
	return problem(SignInNeeded, "sign in again: baissh login"+ProfileFlag(profile),
		"the login of profile %q has ended", Printable(profile))
}

// NotSignedIn says that the profile has no login, for somebody signed out.
func NotSignedIn(profile string) *Problem {
	return problem(SignedOut, "sign in again: baissh login"+ProfileFlag(profile),
		"nobody is signed in as profile %q", Printable(profile))
}

// ManagerDown says that the manager cannot be reached.
func ManagerDown(endpoint string) *Problem {
	return problem(Unreachable, "check the network; baissh keeps trying",
		"the manager at %s cannot be reached", Printable(endpoint))
}

// Distrusted says that what answers cannot prove that it is the manager.
func Distrusted(endpoint string, why error) *Problem {
	return problem(Unreachable, "check this machine's clock, and ca_file and server_key in settings.toml; if they are right, ask your administrator",
		"the certificate of the manager at %s is not trusted: %s", Printable(endpoint), Printable(why.Error())).Because(why)
}

// TooManyRequests says that the user's request budget at the manager is spent.
func TooManyRequests(endpoint string) *Problem {
	return problem(RateLimited, "baissh waits and tries again by itself",
		"the manager at %s limits the number of requests", Printable(endpoint))
}

// BadReply says that an answer made no sense; nothing was changed because of it.
func BadReply(endpoint, what string) *Problem {
	return problem(Garbage, "is this the address of a Backend.AI manager? baissh keeps trying",
		"%s sent an answer that makes no sense (%s)", Printable(endpoint), Printable(what))
}

// WithoutSSH says that the session offers no ssh server.
func WithoutSSH(session string) *Problem {
	return problem(NoSSH, "use an image that has the app sshd",
		"session %s has no ssh server", Printable(session))
}

// WithoutKey says that the session has no id_container and the user named no key.
func WithoutKey(session string) *Problem {
	return problem(NoKey, "name your own key as identity_file in settings.toml, or load it into ssh-agent",
		"session %s has no key file to download (its .ssh folder is probably your own)", Printable(session))
}

// NoOwnKey says that baissh itself cannot log in at the main container of a cluster,
// from which alone the others are reached.
func NoOwnKey(container string) *Problem {
	return problem(NoKey, "name a key without a passphrase as identity_file in settings.toml, or use ssh -J from the main one",
		"%s is reached through the main container, where baissh has no key to log in with", Printable(container))
}

// WrongKey says that the session's ssh server does not take this account and key.
func WrongKey(session, account string) *Problem {
	return problem(KeyRefused, "set account or identity_file for it in settings.toml",
		"the ssh server of session %s does not accept our key for the account %s", Printable(session), Printable(account))
}

// HostKeyMismatch says that one and the same container shows another host key.
func HostKeyMismatch(session string) *Problem {
	return problem(HostKeyChanged, "if you know why, baissh enable "+Printable(session)+" trusts the new one; if not, tell your administrator",
		"the host key of session %s changed while its container did not", Printable(session))
}

// UnusableName says that no alias can be made of a session's name.
func UnusableName(session string) *Problem {
	return problem(BadName, "rename the session",
		"the session name %s has control characters in it", Printable(session))
}

// NoFreePort says that the whole range of local ports is taken.
func NoFreePort(session string, low, high int) *Problem {
	return problem(NoPort, "widen port_range in settings.toml",
		"no free local port for session %s between %d and %d", Printable(session), low, high)
}

// NoStateFolder says that an engine cannot keep what it has to.
func NoStateFolder(dir string, err error) *Problem {
	return problem(NoState, "see that it can be written to and its disk has room, or name another folder in XDG_STATE_HOME",
		"baissh cannot keep its state in %s: %s", Printable(dir), Printable(cause(err).Error())).Because(err)
}

// NoHandles says that nobody can be connected for want of file handles.
func NoHandles(err error) *Problem {
	return problem(NoPort, "end some connections, or raise the limit of open files (ulimit -n) and restart baissh; it keeps trying",
		"connections cannot be accepted: %s", Printable(cause(err).Error())).Because(err)
}

// cause is what the system says, without the addresses and calls around it.
func cause(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// WithoutSecret says that the profile's secret key is not there.
func WithoutSecret(profile, where string) *Problem {
	return problem(SecretMissing, "sign in again: baissh login"+ProfileFlag(profile),
		"the secret key of profile %q is not in %s", Printable(profile), where)
}

// SwitchedOff says that nobody wants ssh for this session.
func SwitchedOff(session string) *Problem {
	return problem(DisabledByUser, "baissh enable "+Printable(session),
		"ssh is not enabled for session %s", Printable(session))
}

// ProfileFlag names a profile in the commands of hints, where that is needed.
func ProfileFlag(profile string) string {
	if profile == "" || profile == DefaultProfile {
		return ""
	}
	return " --profile " + Printable(profile)
}

// ManagerTrouble says that the manager, or what stands before it, failed inside.
func ManagerTrouble(endpoint string, status int) *Problem {
	return problem(Unreachable, "baissh keeps trying; if it goes on, tell your administrator",
		"the manager at %s is in trouble (status %d)", Printable(endpoint), status)
}

// NotSSH says that something else than an ssh server answered.
func NotSSH(session string) *Problem {
	return problem(Garbage, "tell your administrator",
		"what answers for session %s is not an ssh server", Printable(session))
}

// Opening says that nothing is known of the session yet.
func Opening() *Problem {
	return problem(SessionNotReady, "try again in a moment", "baissh is just starting")
}

// Stopping says that the engine ends.
func Stopping() *Problem {
	return problem(Unreachable, "connect again when it is back", "baissh is stopping")
}

// PortTaken says that the port which the user fixed is another program's.
func PortTaken(session string, port int) *Problem {
	return problem(NoPort, "end that program, or change the port in settings.toml",
		"port %d, fixed for session %s, is used by another program", port, Printable(session))
}

// PortOfAnother says that the user fixed one port for two sessions.
func PortOfAnother(session string, port int, other string) *Problem {
	return problem(NoPort, "change one of them in settings.toml, or disable one",
		"port %d, fixed for session %s, is that of session %s", port, Printable(session), Printable(other))
}

// PortStillUsed says that the port which the user fixed cannot be taken from another
// session yet.
func PortStillUsed(session string, port int, other string) *Problem {
	return problem(NoPort, "it changes hands when nobody is connected there any more",
		"port %d, fixed for session %s, is still used by connections to session %s", port, Printable(session), Printable(other))
}

// NoIdentityFile says that the key which the user named cannot be read.
func NoIdentityFile(session, file string) *Problem {
	return problem(NoKey, "correct identity_file in settings.toml",
		"the key that is named for session %s cannot be read: %s", Printable(session), Printable(file))
}

// Fetching says that the session runs and its keys are on their way.
func Fetching(session string) *Problem {
	return problem(SessionNotReady, "try again in a moment",
		"the keys of session %s are still being fetched", Printable(session))
}

// BadProfile says that no client can be made of a profile's settings.
func BadProfile(profile string, err error) *Problem {
	return problem(Garbage, "correct it in settings.toml",
		"profile %q cannot be used: %s", Printable(profile), err).Because(err)
}

// SecretLocked says that the store of secrets does not answer.
func SecretLocked(profile, where string, err error) *Problem {
	return problem(SecretMissing, "unlock it; baissh waits for it",
		"the secret key of profile %q cannot be read from %s", Printable(profile), where).Because(err)
}

// Unknown says that no session answers to a word.
func Unknown(word string) *Problem {
	return problem(NoSuchSession, `see "baissh status"`,
		"no session has the alias, name or id %s, or several have the name", Printable(word))
}

// OtherUser says that somebody else of this machine knocked at a port.
func OtherUser(uid int) *Problem {
	return problem(OtherUserRefused, `the owner can allow it: other_users = "allow" in settings.toml`,
		"this port is another user's, and you are user %d", uid)
}

// OtherVersion says that a face and the engine do not speak the same control API.
func OtherVersion(engine string, faceIsNewer bool) *Problem {
	if faceIsNewer {
		return problem(VersionMismatch, "restart it to use what is installed now: baissh service restart",
			"the baissh that runs (%s) is older than this program", Printable(engine))
	}
	return problem(VersionMismatch, "use the program of the same release",
		"the baissh that runs (%s) is newer than this program", Printable(engine))
}
