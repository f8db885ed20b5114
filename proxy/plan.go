package proxy

import (
	"slices"
	"strings"

	"baissh/proxy/settings"
	"baissh/proxy/state"
)

// situation is all that a plan depends on.
type situation struct {
	settings  settings.Settings
	sessions  map[string]map[string]state.Session // by profile and id
	before    map[string]remembered               // by hostKey: what became of the sessions until now
	choices   map[string]bool                     // by lineKey: what the user said of a name
	userHosts map[string]bool                     // hosts that the user's own ssh config defines
}

// A wish is what one session should become.
type wish struct {
	profile  string
	session  state.Session
	known    string // the key of what is known of its container, see hostKey
	key      string // of the line, see lineKey
	alias    string // "" when none can be made
	enabled  bool
	override settings.Session
	ownKey   string // the key file that the user named for just this session's name, or ""
	prefix   string
}

// plan decides which sessions become which hosts. It is pure. The result is
// ordered: by profile, then the oldest session first, so that newcomers come last.
func plan(in situation) (wishes []wish, notices []string) {
	for _, profile := range in.settings.ProfileNames() {
		first := len(wishes)
		wishes = slices.Grow(wishes, len(in.sessions[profile]))
		for _, s := range in.sessions[profile] {
			wishes = append(wishes, newWish(in.settings.Profiles[profile], profile, s))
		}
		slices.SortFunc(wishes[first:], func(a, b wish) int { return newestFirst(b.session, a.session) })
	}
	ordered := inLine(wishes, in)
	nameLines(ordered, in)
	nameAliases(ordered, in)
	notices = enable(wishes, in)
	return withOthers(wishes, in), notices
}

// withOthers adds a wish for each other container of a cluster. It is enabled with its
// session, and named after it.
func withOthers(wishes []wish, in situation) []wish {
	if !slices.ContainsFunc(wishes, func(w wish) bool { return len(w.session.Others) > 0 }) {
		return wishes
	}
	all := make([]wish, 0, 2*len(wishes))
	for _, w := range wishes {
		all = append(all, w)
		for _, c := range w.session.Others {
			if w.alias != "" {
				all = append(all, w.at(c, in))
			}
		}
	}
	return all
}

// at is the wish for another container of the session. No name has a tab in it, so
// that its line's key is its own.
func (w wish) at(c state.Container, in situation) wish {
	w.session = w.session.At(c)
	w.key, w.known = containerKey(w.key, c.Host), containerKey(w.known, c.Host)
	w.alias = otherAlias(w, c.Host, in)
	return w
}

// otherAlias follows the main container's alias, which w still has. It is kept, and gets
// a suffix where it is taken, as that one does.
func otherAlias(w wish, container string, in situation) string {
	if old := in.before[w.host()].Alias; old != "" && state.MainAlias(old) == w.alias {
		return old
	}
	plain := state.AliasOf(container, w.alias)
	if !in.userHosts[plain] {
		return plain
	}
	return state.AliasOf(withHashWithin(maxContainer, container, w.session.Name), w.alias)
}

// maxContainer is the longest name of a container in an alias, in bytes.
const maxContainer = 31

// containerKey names something of another container beside that of the main one.
func containerKey(main, container string) string {
	if container == "" {
		return main
	}
	return main + "\t" + container
}

func newWish(p settings.Profile, profile string, s state.Session) wish {
	return wish{
		profile: profile, session: s, known: hostKey(profile, s.ID), prefix: p.AliasPrefix,
		override: p.For(s.Name), ownKey: p.Sessions[s.Name].IdentityFile,
	}
}

// identityFile is the key file of the user's that ssh is to use: the one named
// for the session, or the profile's where the session brings no key of its own.
func (w wish) identityFile(sessionHasKey bool) string {
	if w.ownKey == "" && sessionHasKey {
		return ""
	}
	return w.override.IdentityFile
}

// lineKey names the line of a session name: a session of the same name gets the
// same port again.
func lineKey(profile, name string) string { return profile + "/" + name }

func profileOfLine(key string) string {
	profile, _, _ := strings.Cut(key, "/")
	return profile
}

// hostKey names what is known of one session by one profile. Two profiles may see
// the same sessions, when both have the same key pair.
func hostKey(profile, sessionID string) string { return profile + "/" + sessionID }

// host is the key of what is known of the wish's container.
func (w wish) host() string { return w.known }

// mainHost is that of the session's main container.
func (w wish) mainHost() string { return hostKey(w.profile, w.session.ID) }

// nameLines gives every wish a line of its own. Of several sessions of one name,
// which some releases allow, the first in line has the name's port. The others keep
// theirs when that one ends: somebody may be connected.
func nameLines(ordered []*wish, in situation) {
	taken := make(map[string]bool, len(ordered))
	for _, w := range ordered {
		w.key = freeLine(w, in, taken)
		taken[w.key] = true
	}
}

func freeLine(w *wish, in situation, taken map[string]bool) string {
	if old := in.before[w.host()].Line; old != "" && !taken[old] {
		return old
	}
	plain := lineKey(w.profile, w.session.Name)
	if !taken[plain] {
		return plain
	}
	return anotherLine(plain, w.session.ID)
}

// anotherLine names the line of a session whose name's line is another's.
func anotherLine(plain, sessionID string) string { return plain + "#" + sessionID }

// nameAliases keeps the alias of a session while it lives, and gives newcomers
// theirs, with a suffix where it is taken.
func nameAliases(ordered []*wish, in situation) {
	taken := make(map[string]bool, len(ordered))
	for _, w := range ordered {
		if !usable(w.session.Name) {
			continue
		}
		w.alias = freeAlias(w, in, taken)
		taken[w.alias] = true
	}
}

func freeAlias(w *wish, in situation, taken map[string]bool) string {
	free := func(alias string) bool { return !taken[alias] && !in.userHosts[alias] }
	if old := in.before[w.host()].Alias; old != "" && !taken[old] {
		return old
	}
	plain := aliasFor(w.prefix, w.session.Name)
	if free(plain) {
		return plain
	}
	if hashed := withHash(plain, w.session.Name); free(hashed) {
		return hashed
	}
	return withHash(plain, w.session.ID)
}

// inLine returns the wishes in the order in which names are given away: those
// that have an alias, then newcomers, and last what is about to end, so that a
// session made anew takes its predecessor's place.
func inLine(wishes []wish, in situation) []*wish {
	ordered := make([]*wish, len(wishes))
	for i := range wishes {
		ordered[i] = &wishes[i]
	}
	rank := func(w *wish) int {
		switch {
		case w.session.Ending():
			return 2
		case in.before[w.host()].Alias == "":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(ordered, func(a, b *wish) int { return rank(a) - rank(b) })
	return ordered
}

// enable applies the policy and the user's choices, which win over it. It
// returns what the user should know.
func enable(wishes []wish, in situation) (notices []string) {
	count := 0
	for _, w := range inTurn(wishes, in) {
		choice, chosen := in.choices[lineKey(w.profile, w.session.Name)]
		switch {
		case w.alias == "":
		case chosen:
			w.enabled = choice
		case in.settings.Policy == state.Auto && w.session.Interactive():
			count++
			w.enabled = count <= in.settings.AutoLimit
		}
	}
	if count > in.settings.AutoLimit {
		notices = append(notices, limitNotice(count, in.settings.AutoLimit))
	}
	return notices
}

// inTurn returns the wishes in the order in which the cap lets them in. Those that
// are enabled stay so, whatever appears in another profile.
func inTurn(wishes []wish, in situation) []*wish {
	enabled, others := make([]*wish, 0, len(wishes)), []*wish(nil)
	for i := range wishes {
		if in.before[wishes[i].host()].Enabled {
			enabled = append(enabled, &wishes[i])
		} else {
			others = append(others, &wishes[i])
		}
	}
	return append(enabled, others...)
}

// fixedPort is the port that the user fixed for the wish's name, or 0.
func (w wish) fixedPort() int {
	if w.override.Port == 0 || w.key != lineKey(w.profile, w.session.Name) {
		return 0 // the name's port is the first session's
	}
	return w.override.Port
}
