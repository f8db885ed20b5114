package backendaitest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A release is how one release of the manager differs from its siblings. What is so
// in which is in profiles.go. A handler asks a field of it, and never for a version number.
type release struct {
	manager string // what hello says
	api     string // the newest version header it takes

	// Keys and lookup.
	secondKey          secondKey
	sessionLookup      lookupRule // for /session/{s}
	streamLookup       lookupRule // for /stream/session/{s}
	foreignIsForbidden bool       // an unknown or foreign UUID is 403, not 404
	entityNotFound     bool       // streams say entity-not-found for what has ended
	names              nameRule
	mainIsSession      bool     // the main kernel has the session's id
	kernelIDsByTime    bool     // other kernels' ids begin with the time: UUIDv7
	noKeyIsEmpty       bool     // a user without an ssh key has "", not null
	rateLimitToUser    bool     // counted per user, and with -Reset on refusals too
	rateLimitRolls     bool     // each call is forgotten after 15 minutes, not all at once
	errorCode          bool     // problems carry error_code
	strictQuery        bool     // unknown query keys are refused
	queryAliases       bool     // older names of query keys are taken too
	portRefused        bool     // any port= is refused, the right one as well
	statuses           []string // those that a list may ask for
	fields             []string // of a session, beyond those that every release has
	kernels            []string // of a container, likewise
	keyPairs           []string // of a key pair, likewise
	doubleQuotes       bool     // an unknown field is named in "…", not in '…'
	errorsNull         bool     // a good GraphQL answer has "errors":null
	statusInfoNull     bool     // status_info of a good session is null, not ""

	// Files.
	download, downloadSingle fileForm
	singleIsTar              bool
	agentDetails             bool // a missing file comes with the agent's own words

	// Tunnels.
	sshBanner      string
	endIsFIN       bool          // the ssh server's end is a bare FIN, not close 1001
	vanishedClient time.Duration // how long sshd keeps a client that left without a close frame
	deadAgentHangs bool          // else 500 after five seconds

	// Life.
	hostKeyStays    bool          // over a restart
	restartUnlisted bool          // a restart changes nothing that the list says of the container
	restartRefused  bool          // PATCH /session/{s} is 501
	renameByBody    bool          // not by the query
	tunnelsAreUse   bool          // an open one keeps network_timeout away
	crashDelay      time.Duration // from a container's crash to TERMINATED

	events eventDialect
	web    webDialect
}

// A secondKey is what a user's second key pair is good for.
type secondKey int

const (
	keepsApart   secondKey = iota // it reaches the sessions that were made with it
	notLetIn                      // nothing: a user is known by the first one
	streamsToAll                  // below /stream it reaches all of the user's
	reachesAll                    // below /session too; but lists show its own
)

// A lookupRule is how a text in a path becomes a session.
type lookupRule int

const (
	byPrefix      lookupRule = iota // id prefix, name, name prefix, kernel id; live ones
	exact                           // id, or else name; not TERMINATED or CANCELLED
	runningByName                   // an id stands for its name; RUNNING ones of that name
)

// A fileForm is where a download expects its parameters.
type fileForm int

const (
	getQueryOrBody fileForm = iota // GET with a JSON body, or without one with the query
	getQuery                       // GET with the query
	postBody                       // POST likewise; GET is 400 "deprecated"
	postQueryOnly                  // POST with the query; GET is 405
)

// An eventDialect is how a release tells of what happens to sessions.
type eventDialect struct {
	enqueued         string // the name of a session's first event
	losesStarts      bool   // enqueued, scheduled, started and cancelled never come for sessions
	terminating      bool   // session_terminating is sent
	crashLeaves      bool   // also after a crash
	kernelCancels    bool   // kernel_cancelled is sent
	transitions      bool   // each status is an event of its own
	kernelLeaving    bool   // kernel_terminating is sent
	doubled          bool   // session_terminated comes twice
	compact          bool   // JSON without blanks
	exitCode         bool   // exitCode is among the keys
	kernelID         bool   // session events carry kernelId
	ignoresSession   bool   // sessionId= filters nothing, unless there is a name
	wantsLiveSession bool   // sessionName= of nothing that lives is 404
	cutAtShutdown    bool   // the chunked body has no last chunk when the manager stops
}

// A webDialect is how a release's web server differs.
type webDialect struct {
	loginHeader    bool     // X-BackendAI-SessionID is sent, and counts before the cookie
	refusalStatus  bool     // a refused login has the manager's status, not 200
	logoutIs200    bool     // else 201
	extends        bool     // there is /server/extend-login-session, and what saves a login has it last anew
	takesCode      bool     // a one-time code is passed on to the manager
	code           codeForm // how a one-time code is asked for
	countsPassword bool     // of refusals, only those of the password count for the block
	limitsLogins   bool     // the number of a user's logins is limited
	limitsTunnels  bool     // a tunnel beyond the rate limit is 429, not 502
}

// A codeForm is how a web server says that it wants a one-time code.
type codeForm int

const (
	codeByText codeForm = iota // only in the details
	codeBySlug
)

// DefaultRelease is played when Options name none.
const DefaultRelease = "23.09.11"

// Releases names the releases that can be played, the oldest first.
func Releases() []string {
	return []string{
		"22.03", "22.09", "23.03", "23.09.10", "23.09.11", "24.03", "24.09", "25.6", "25.15", "26.4", "26.8", "26.9",
	}
}

// Columns names what releases differ in. [BrokenVariable] takes one.
func Columns() []string {
	t := newTable(DefaultRelease, "")
	t.fill(&release{})
	return t.columns
}

// findRelease reads a release out of the table. If a column is to be broken, it is
// given a value of another release.
func findRelease(name, broken string) (release, error) {
	if name == "" {
		name = DefaultRelease
	}
	if !slices.Contains(Releases(), name) {
		return release{}, fmt.Errorf("play release %q: not one of %s", name, strings.Join(Releases(), ", "))
	}
	var r release
	t := newTable(name, broken)
	t.fill(&r)
	if broken != "" && !slices.Contains(t.columns, broken) {
		return release{}, fmt.Errorf("break %q: not one of %s", broken, strings.Join(t.columns, ", "))
	}
	return r, nil
}
