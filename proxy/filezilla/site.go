package filezilla

import (
	"strconv"
	"strings"

	"baissh/proxy/state"
)

// marker names the site that it is in, so that a copy under another name, also
// under that of another host, is the user's.
func marker(alias string) string { return "baissh [" + alias + "]" }

// siteName is "" for what is no entry of the Site Manager.
func (n *node) siteName() string {
	switch n.name {
	case "Server", "Folder", "Bookmark": // FileZilla's -c knows no difference
		return n.title()
	}
	return ""
}

func (n *node) isOurs() bool {
	alias := n.siteName()
	return n.name == "Server" && state.IsAlias(alias) &&
		strings.Contains(n.child("Comments").text(), marker(alias))
}

// A setting is one of the children that are ours to keep; the user's changes
// to the others stay. One without a value is not there.
type setting struct{ name, value string }

func settings(e state.Entry) []setting {
	logon := "5" // with a key file
	if e.IdentityFile == "" {
		logon = "3" // interactive, which asks the agent before the user
	}
	return []setting{
		{"Host", host},
		{"Port", strconv.Itoa(e.Port)},
		{"Protocol", "1"}, // SFTP
		{"User", e.Account},
		{"Keyfile", e.IdentityFile},
		{"Logontype", logon},
	}
}

// host is spelled as in the host-key stores: localhost is another name to them.
const host = "127.0.0.1"

// siteText leaves out what FileZilla's releases number differently (Type) and
// what fails where the folder is missing (RemoteDir).
func (s *sites) siteText(e state.Entry) string {
	list := append(settings(e),
		setting{"EncodingType", "UTF-8"},
		setting{"BypassProxy", "1"},
		setting{"Name", e.Alias},
		setting{"Comments", "Kept up to date by " + marker(e.Alias) + ". Change what you like but for host, port, user and key."},
		setting{"SyncBrowsing", "0"},
		setting{"DirectoryComparison", "0"},
	)
	var b strings.Builder
	b.WriteString(s.indent(3) + "<Server>")
	for _, v := range list {
		b.WriteString(s.settingText(v))
	}
	b.WriteString(s.indent(3) + "</Server>")
	return b.String()
}

func (s *sites) settingText(v setting) string {
	if v.value == "" {
		return ""
	}
	return s.indent(4) + "<" + v.name + ">" + escape(v.value) + "</" + v.name + ">"
}

// update changes only what is not as it should be.
func (s *sites) update(site *node, e state.Entry) {
	for _, v := range settings(e) {
		switch child := site.child(v.name); {
		case child == nil:
			s.insert(s.tail(site), s.settingText(v))
		case v.value == "":
			s.remove(child)
		default:
			s.set(child, v.value)
		}
	}
}
