package backendaitest

import (
	"slices"
	"time"
)

// fill reads the table of all releases: what differs, and from which on. A flag holds
// from the first release beside it, and no longer from the second.
//
// § is the section of backendai-protocol.md. Everything was read in the sources, at ten
// tags from 22.03.14 to 26.8.1; 23.09.10, 23.09.11 and 26.9.6 were run besides, and what
// was seen on "23.09", on "26.9" or on "both" wins over what was read. "Inferred" is
// what was neither read nor seen: mostly in which release between the two a behaviour
// of the one becomes that of the other.
func (t *table) fill(r *release) {
	t.fillHello(r)
	t.fillKeys(r)
	t.fillLookup(r)
	t.fillAnswers(r)
	t.fillQueries(r)
	t.fillFiles(r)
	t.fillTunnels(r)
	t.fillLife(r)
	t.fillEvents(&r.events)
	t.fillStreams(&r.events)
	t.fillWeb(&r.web)
}

// §3. Seen on 23.09 and 26.9.
func (t *table) fillHello(r *release) {
	put(t, "manager", &r.manager, from[string]{
		{"22.03", "22.03.14"},
		{"22.09", "22.09.23"},
		{"23.03", "23.03.12"},
		{"23.09.10", "23.09.10"},
		{"23.09.11", "23.09.11"},
		{"24.03", "24.03.11"},
		{"24.09", "24.09.14"},
		{"25.6", "25.6.17"},
		{"25.15", "25.15.12"},
		{"26.4", "26.4.10"},
		{"26.8", "26.8.1"},
		{"26.9", "26.9.6"},
	})
	put(t, "api", &r.api, from[string]{
		{"22.03", "v6.20220615"},
		{"23.03", "v7.20230615"},
		{"24.03", "v8.20240315"},
		{"24.09", "v8.20240915"},
		{"25.15", "v9.20250722"},
	})
}

func (t *table) fillKeys(r *release) {
	// §1.7, §6.3. Seen on 23.09.10 and 26.9; below /session, 26.4 and 26.8 are inferred.
	put(t, "secondKey", &r.secondKey, from[secondKey]{
		{"22.03", keepsApart}, {"23.09.10", notLetIn}, {"25.15", keepsApart}, {"26.4", streamsToAll}, {"26.9", reachesAll},
	})
	t.flag("noKeyIsEmpty", &r.noKeyIsEmpty, "26.9")              // §9.4, seen on both, all between inferred
	t.flag("rateLimitToUser", &r.rateLimitToUser, "26.9")        // §14.3, seen on both
	t.flag("rateLimitRolls", &r.rateLimitRolls, "22.03", "26.9") // §14.3, read; that it does not, seen on 26.9
}

// §6.3, §4.6. Seen on 23.09 and 26.9.
func (t *table) fillLookup(r *release) {
	// 26.4 and 26.8 are inferred.
	put(t, "sessionLookup", &r.sessionLookup, from[lookupRule]{{"22.03", byPrefix}, {"23.03", exact}})
	put(t, "streamLookup", &r.streamLookup, from[lookupRule]{{"22.03", byPrefix}, {"23.03", exact}, {"26.4", runningByName}})
	t.flag("foreignIsForbidden", &r.foreignIsForbidden, "26.9")
	t.flag("entityNotFound", &r.entityNotFound, "26.9")
	// §13.2. Seen on 23.09; what a refusal looks like was read elsewhere.
	put(t, "names", &r.names, from[nameRule]{{"22.03", uniquePerKey}, {"23.03", notUnique}, {"25.15", uniqueOverall}, {"26.4", uniquePerUser}})
	t.flag("mainIsSession", &r.mainIsSession, "22.03", "23.03") // §4.7
	t.flag("kernelIDsByTime", &r.kernelIDsByTime, "26.9")       // §4.7, all between inferred
}

func (t *table) fillAnswers(r *release) {
	t.flag("errorCode", &r.errorCode, "25.15")               // §14.1, seen on both
	t.flag("strictQuery", &r.strictQuery, "22.03", "26.4")   // §5.1, §6.3, seen on both
	t.flag("queryAliases", &r.queryAliases, "22.03", "26.4") // §5.1, §6.3, seen on 26.9
	t.flag("portRefused", &r.portRefused, "22.03", "26.4")   // §6.3, seen on both
}

// §4.
func (t *table) fillQueries(r *release) {
	put(t, "statuses", &r.statuses, from[[]string]{ // §4.4, seen on 26.9
		{"22.03", statuses22}, {"23.03", statuses2303}, {"25.6", statuses256}, {"26.4", statuses264}, {"26.8", statuses268},
	})
	put(t, "fields", &r.fields, from[[]string]{ // §4.2, seen on 26.9
		{"22.03", nil}, {"22.09", fields2209}, {"23.03", fields2303}, {"24.03", fields2403}, {"24.09", fields2409},
	})
	// Of these two, only what 23.09 has was seen; the rest is what the vendor's clients
	// ask of a release.
	put(t, "kernels", &r.kernels, from[[]string]{
		{"22.03", nil}, {"22.09", kernels2209}, {"23.03", kernels2303}, {"24.03", kernels2403},
	})
	put(t, "keyPairs", &r.keyPairs, from[[]string]{{"22.03", nil}, {"23.03", keyPairs2303}, {"24.09", keyPairs2409}})
	t.flag("doubleQuotes", &r.doubleQuotes, "22.03", "23.09.10") // seen on 23.09; before, inferred from the library's version
	t.flag("errorsNull", &r.errorsNull, "26.4")                  // §4.1, seen on 26.9
	t.flag("statusInfoNull", &r.statusInfoNull, "26.9")          // §4.2, seen on both, all between inferred
}

// §8. Seen on 23.09 and 26.9.
func (t *table) fillFiles(r *release) {
	forms := from[fileForm]{{"22.03", getQueryOrBody}, {"23.09.11", getQuery}, {"24.03", postBody}, {"26.4", postQueryOnly}}
	put(t, "download", &r.download, forms)
	put(t, "downloadSingle", &r.downloadSingle, forms)
	t.flag("singleIsTar", &r.singleIsTar, "22.03", "22.09")
	t.flag("agentDetails", &r.agentDetails, "22.03", "26.9") // all between inferred
}

// §6.3, §9.1. Seen on 23.09 and 26.9; the borders between them are inferred, but that
// of the ssh server.
func (t *table) fillTunnels(r *release) {
	put(t, "sshBanner", &r.sshBanner, from[string]{{"22.03", "SSH-2.0-dropbear_2020.81"}, {"24.03", "SSH-2.0-dropbear_2024.85"}})
	t.flag("endIsFIN", &r.endIsFIN, "22.03", "24.03")
	put(t, "vanishedClient", &r.vanishedClient, from[time.Duration]{{"22.03", 0}, {"26.9", 2 * time.Second}})
	t.flag("deadAgentHangs", &r.deadAgentHangs, "26.9")
}

// §13.3. A restart was seen on 23.09.10 only, and a crash on that and on 26.9: what they
// are told by, and what they change, is inferred for all others.
func (t *table) fillLife(r *release) {
	t.flag("hostKeyStays", &r.hostKeyStays, "26.4") // §9.3, read
	t.flag("restartUnlisted", &r.restartUnlisted, "23.03", "25.15")
	t.flag("restartRefused", &r.restartRefused, "26.8")                 // read, and seen on 26.9
	t.flag("renameByBody", &r.renameByBody, "26.9")                     // seen on both, all between inferred
	t.flag("tunnelsAreUse", &r.tunnelsAreUse, "22.03", "23.03", "26.4") // §7.3, read, and seen on both
	put(t, "crashDelay", &r.crashDelay, from[time.Duration]{{"22.03", 2 * time.Second}, {"26.9", 20 * time.Second}})
}

// §5.3.
func (t *table) fillEvents(e *eventDialect) {
	put(t, "events.enqueued", &e.enqueued, from[string]{{"22.03", "session_enqueued"}, {"26.4", "session_pending"}}) // seen on 26.9
	t.flag("events.losesStarts", &e.losesStarts, "23.03", "23.09.11")                                                // seen on 23.09
	t.flag("events.terminating", &e.terminating, "23.03")                                                            // seen on both
	t.flag("events.crashLeaves", &e.crashLeaves, "25.15")                                                            // seen on both, all between inferred
	t.flag("events.kernelCancels", &e.kernelCancels, "22.03", "25.15")                                               // seen on both, all between inferred
	t.flag("events.transitions", &e.transitions, "25.15")                                                            // seen on 26.9
	t.flag("events.kernelLeaving", &e.kernelLeaving, "22.03", "25.15")                                               // seen on both
	t.flag("events.doubled", &e.doubled, "26.9")                                                                     // seen on both, all between inferred
	t.flag("events.compact", &e.compact, "26.9")                                                                     // §5.2, seen on both, all between inferred
	t.flag("events.exitCode", &e.exitCode, "22.09")                                                                  // §5.2
	t.flag("events.kernelID", &e.kernelID, "23.09.10", "23.09.11")                                                   // §5.2, seen on 23.09
}

// §5.1, §5.4.
func (t *table) fillStreams(e *eventDialect) {
	t.flag("events.ignoresSession", &e.ignoresSession, "25.15")     // seen on 26.9
	t.flag("events.wantsLiveSession", &e.wantsLiveSession, "25.15") // seen on both
	t.flag("events.cutAtShutdown", &e.cutAtShutdown, "25.15")       // seen on both
}

// §2.
func (t *table) fillWeb(w *webDialect) {
	t.flag("web.loginHeader", &w.loginHeader, "22.09")                                        // §2.6, seen on both
	t.flag("web.refusalStatus", &w.refusalStatus, "26.4")                                     // §2.2, seen on both
	t.flag("web.logoutIs200", &w.logoutIs200, "24.03")                                        // §2.6, seen on both
	t.flag("web.extends", &w.extends, "24.09")                                                // §2.6, seen on both
	t.flag("web.countsPassword", &w.countsPassword, "26.4")                                   // §2.4
	t.flag("web.limitsLogins", &w.limitsLogins, "26.4")                                       // §2.5, seen on 26.9
	t.flag("web.limitsTunnels", &w.limitsTunnels, "26.9")                                     // §2.8, seen on 26.9
	t.flag("web.takesCode", &w.takesCode, "22.09")                                            // §2.2, read
	put(t, "web.code", &w.code, from[codeForm]{{"22.03", codeByText}, {"25.15", codeBySlug}}) // §2.3, seen on 26.9; the text inferred
}

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
