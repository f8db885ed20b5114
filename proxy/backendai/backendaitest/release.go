package backendaitest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A release is how one release of the manager differs from its siblings. A
// handler asks a field of it, and never for a version number.
type release struct {
	manager string // what hello says
	api     string // the newest version header it takes

	// Keys and lookup.
	mainKeyOnly         bool       // only a user's first key pair is let in
	sessionLookup       lookupRule // for /session/{s}
	streamLookup        lookupRule // for /stream/session/{s}
	keyScope            scope      // whose sessions /session/{s} finds
	streamKeyScope      scope      // whose sessions /stream/session/{s} finds
	foreignIsForbidden, // an unknown or foreign UUID is 403, not 404
	entityNotFound bool // streams say entity-not-found for what has ended

	// Answers.
	errorCode, // problems carry error_code
	doubleQuotes, // an unknown field is named in "…", not in '…'
	errorsNull, // a good GraphQL answer has "errors":null
	strictQuery, // unknown query keys are refused
	statusInfoNull, // status_info of a good session is null, not ""
	mainIsSession, // the main kernel has the session's id
	noKeyIsEmpty, // a user without an ssh key has "", not null
	rateLimitToUser, // counted per user, and with -Reset on refusals too
	portRefused bool // any port= is refused, the right one as well
	statuses []string
	fields   []string // of a session, beyond those that every release has
	kernels  []string // of a container, likewise
	keyPairs []string // of a key pair, likewise

	// Files.
	download, downloadSingle fileForm
	singleIsTar              bool
	agentDetails             bool // a missing file comes with the agent's own words

	// Tunnels.
	sshBanner      string
	endIsFIN       bool          // the ssh server's end is a bare FIN, not close 1001
	vanishedClient time.Duration // how long sshd keeps a client that left without a close frame
	notUpIs500     bool          // a tunnel to a session that is not up is 500, not 404
	deadAgentHangs bool          // else 500 after five seconds

	// Life.
	hostKeyStays, // over a restart
	restartUnlisted, // a restart changes nothing that the list says of the container
	restartRefused, // PATCH /session/{s} is 501
	renameByBody bool
	crashDelay time.Duration // from a container's crash to TERMINATED

	events eventDialect
	web    webDialect
}

// A lookupRule is how a text in a path becomes a session.
type lookupRule int

const (
	byPrefix      lookupRule = iota // id prefix, name, name prefix, kernel id; live ones
	exact                           // id, or else name; not TERMINATED or CANCELLED
	runningByName                   // an id stands for its name; RUNNING ones of that name
)

// A scope is whose sessions a key pair reaches.
type scope int

const (
	ownKey  scope = iota // those made with the same key pair
	ownUser              // those of the same user
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
	enqueued       string // the name of a session's first event
	losesStarts    bool   // enqueued, scheduled, started and cancelled never come for sessions
	terminating    bool   // session_terminating is sent
	crashLeaves    bool   // also after a crash
	kernelCancels  bool   // kernel_cancelled is sent
	transitions    bool   // each status is an event of its own
	kernelLeaving  bool   // kernel_terminating is sent
	doubled        bool   // session_terminated and kernel_terminated come twice
	compact        bool   // JSON without blanks
	exitCode       bool   // exitCode is among the keys
	kernelID       bool   // session events carry kernelId
	ignoresSession bool   // sessionId= filters nothing
	cutAtShutdown  bool   // the chunked body has no last chunk when the manager stops
}

// A webDialect is how a release's web server differs.
type webDialect struct {
	loginHeader    bool     // X-BackendAI-SessionID is sent, and counts before the cookie
	refusalStatus  bool     // a refused login has the manager's status, not 200
	logoutIs200    bool     // else 201
	extends        bool     // there is /server/extend-login-session, and what saves a login has it last anew
	code           codeForm // how a one-time code is asked for
	countsPassword bool     // of refusals, only those of the password count for the block
	limitsLogins   bool     // the number of a user's logins is limited
}

// A codeForm is how a web server says that it wants a one-time code.
type codeForm int

const (
	codeByText codeForm = iota // only in the details
	codeBySlug
)

// DefaultRelease is played when Options name none.
const DefaultRelease = "23.09.11"

var (
	statusesEver = []string{
		"PENDING", "SCHEDULED", "PREPARING", "PULLING", "RUNNING", "RESTARTING",
		"TERMINATING", "TERMINATED", "ERROR", "CANCELLED",
	}
	statuses22   = append(slices.Clone(statusesEver), "BUILDING", "RESIZING", "SUSPENDED")
	statuses2303 = append(slices.Clone(statusesEver), "RUNNING_DEGRADED")
	statuses256  = append(slices.Clone(statuses2303), "PREPARED", "CREATING")
	statuses264  = append(slices.Clone(statuses256), "DEPRIORITIZING")
	statuses268  = append(slices.Clone(statuses264), "RESERVED", "PREEMPTED", "RESCHEDULING")

	fields2209 = []string{"full_name", "idle_checks", "commit_status", "status_history"}
	fields2303 = append(slices.Clone(fields2209), "main_kernel_id", "main_kernel_role", "scheduled_at",
		"agent_ids", "vfolder_mounts", "occupying_slots")
	fields2403 = append(slices.Clone(fields2303), "requested_slots")
	fields2409 = append(slices.Clone(fields2403), "priority")

	kernels2209 = []string{"local_rank", "abusing_report"}
	kernels2303 = append(slices.Clone(kernels2209), "agent_addr", "preopen_ports")
	kernels2403 = append(slices.Clone(kernels2303), "kernel_id", "image_object")

	keyPairs2303 = []string{"projects"}
	keyPairs2409 = append(slices.Clone(keyPairs2303), "rolling_count")
)

const (
	dropbear2020 = "SSH-2.0-dropbear_2020.81"
	dropbear2024 = "SSH-2.0-dropbear_2024.85"
)

// releases holds one row a release. Each begins as the one before it, so that a
// row shows what changed.
var releases = func() map[string]release {
	table := map[string]release{}
	add := func(name string, before release, change func(*release)) release {
		change(&before)
		table[name] = before
		return before
	}
	r2203 := add("22.03", release{}, func(r *release) {
		r.manager, r.api = "22.03.14", "v6.20220615"
		r.strictQuery, r.mainIsSession, r.portRefused = true, true, true
		r.doubleQuotes = true
		r.statuses = statuses22
		r.singleIsTar, r.agentDetails = true, true
		r.sshBanner, r.endIsFIN, r.notUpIs500 = dropbear2020, true, true
		r.crashDelay = 2 * time.Second
		r.events = eventDialect{enqueued: "session_enqueued", kernelLeaving: true, kernelCancels: true}
	})
	r2209 := add("22.09", r2203, func(r *release) {
		r.manager = "22.09.23"
		r.fields, r.kernels, r.singleIsTar = fields2209, kernels2209, false
		r.events.exitCode = true
		r.web.loginHeader = true
	})
	r2303 := add("23.03", r2209, func(r *release) {
		r.manager, r.api = "23.03.12", "v7.20230615"
		r.sessionLookup, r.streamLookup = exact, exact
		r.statuses, r.fields, r.mainIsSession = statuses2303, fields2303, false
		r.kernels, r.keyPairs = kernels2303, keyPairs2303
		r.restartUnlisted = true
		r.events.losesStarts, r.events.terminating = true, true
	})
	r230910 := add("23.09.10", r2303, func(r *release) {
		r.manager = "23.09.10"
		r.mainKeyOnly, r.events.kernelID = true, true
		r.doubleQuotes = false
	})
	r230911 := add("23.09.11", r230910, func(r *release) {
		r.manager = "23.09.11"
		r.download, r.downloadSingle = getQuery, getQuery
		r.events.losesStarts, r.events.kernelID = false, false
	})
	r2403 := add("24.03", r230911, func(r *release) {
		r.manager, r.api = "24.03.11", "v8.20240315"
		r.fields, r.kernels = fields2403, kernels2403
		r.download, r.downloadSingle = postBody, postBody
		r.sshBanner, r.endIsFIN = dropbear2024, false
		r.web.logoutIs200 = true
	})
	r2409 := add("24.09", r2403, func(r *release) {
		r.manager, r.api = "24.09.14", "v8.20240915"
		r.fields, r.keyPairs = fields2409, keyPairs2409
		r.web.extends = true
	})
	r256 := add("25.6", r2409, func(r *release) {
		r.manager = "25.6.17"
		r.statuses = statuses256
	})
	r2515 := add("25.15", r256, func(r *release) {
		r.manager, r.api = "25.15.12", "v9.20250722"
		r.mainKeyOnly, r.errorCode = false, true
		r.web.code = codeBySlug // from 25.9 on
		r.events.transitions, r.events.crashLeaves, r.events.ignoresSession, r.events.cutAtShutdown = true, true, true, true
		r.events.kernelLeaving, r.events.kernelCancels = false, false
		r.restartUnlisted = false
	})
	r264 := add("26.4", r2515, func(r *release) {
		r.manager = "26.4.10"
		r.streamLookup, r.streamKeyScope = runningByName, ownUser
		r.strictQuery, r.portRefused, r.errorsNull = false, false, true
		r.statuses = statuses264
		r.download, r.downloadSingle = postQueryOnly, postQueryOnly
		r.notUpIs500, r.hostKeyStays = false, true
		r.events.enqueued = "session_pending"
		r.web.refusalStatus, r.web.countsPassword, r.web.limitsLogins = true, true, true
	})
	r268 := add("26.8", r264, func(r *release) {
		r.manager = "26.8.1"
		r.statuses, r.restartRefused = statuses268, true
	})
	add("26.9", r268, func(r *release) {
		r.manager = "26.9.6"
		r.keyScope, r.foreignIsForbidden, r.entityNotFound = ownUser, true, true
		r.noKeyIsEmpty = true
		r.statusInfoNull, r.rateLimitToUser, r.agentDetails = true, true, false
		r.vanishedClient, r.deadAgentHangs = 2*time.Second, true
		r.renameByBody, r.crashDelay = true, 20*time.Second
		r.events.compact, r.events.doubled = true, true
	})
	return table
}()

// Releases names the releases that can be played, the oldest first.
func Releases() []string {
	var names []string
	for name := range releases {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return compareVersions(a, b) })
	return names
}

func findRelease(name string) (release, error) {
	if name == "" {
		name = DefaultRelease
	}
	if r, ok := releases[name]; ok {
		return r, nil
	}
	return release{}, fmt.Errorf("play release %q: not one of %s", name, strings.Join(Releases(), ", "))
}

func compareVersions(a, b string) int {
	return slices.Compare(versionNumbers(a), versionNumbers(b))
}

func versionNumbers(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // Sscan would take "09" for octal, and find 0
		numbers = append(numbers, n)
	}
	return numbers
}
