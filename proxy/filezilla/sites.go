package filezilla

import (
	"strings"

	"baissh/proxy/state"
)

// sites are the changes to one sitemanager.xml.
type sites struct {
	*editor
	servers, folder *node // nil while they are not there
	removed         int
}

func findFolder(servers *node) *node {
	if servers == nil {
		return nil
	}
	for _, f := range servers.elements("Folder") {
		if f.text() == FolderName {
			return f
		}
	}
	return nil
}

// keep brings the sites of ours that are there up to date, removes those that
// nobody wants any more, and returns what is still missing. A name that is
// taken by something of the user's is left to it.
func (s *sites) keep(entries []state.Entry) (missing []state.Entry, taken state.Refusals) {
	if s.folder == nil {
		return entries, nil
	}
	wanted := map[string]state.Entry{}
	for _, e := range entries {
		wanted[e.Alias] = e
	}
	theirs := s.settle(wanted)
	for _, e := range entries {
		if _, still := wanted[e.Alias]; still && theirs[e.Alias] {
			taken = append(taken, &state.EntryError{Alias: e.Alias, Fact: "a site of your own has this name in the folder " + FolderName})
		} else if still {
			missing = append(missing, e)
		}
	}
	return missing, taken
}

// settle does what keep says, takes from wanted what is there, and returns the
// names that are the user's.
func (s *sites) settle(wanted map[string]state.Entry) (theirs map[string]bool) {
	theirs = map[string]bool{}
	for _, k := range s.folder.kids {
		entry, want := wanted[k.siteName()]
		switch {
		case !k.isOurs():
			theirs[k.siteName()] = true
		case want:
			s.update(k, entry)
			delete(wanted, entry.Alias)
		default:
			s.remove(k)
			s.removed++
		}
	}
	return theirs
}

// add puts new sites behind the others, and makes what they are to be in.
func (s *sites) add(entries []state.Entry) {
	switch {
	case s.servers == nil:
		s.put(s.root, s.serversText(entries), 0)
	case s.folder == nil:
		s.put(s.servers, s.folderText(entries), 1)
	default:
		s.put(s.folder, s.foundText()+s.sitesText(entries), 2)
	}
}

// foundText remembers that the user's own folder had nothing in it.
func (s *sites) foundText() string {
	note, _ := s.note(s.folder)
	if note == "" && s.removed == 0 && s.empty(s.folder, s.folder.own()) {
		return noteFound
	}
	return ""
}

func (s *sites) serversText(entries []state.Entry) string {
	return s.indent(1) + "<Servers>" + noteMade + s.folderText(entries) + s.indent(1) + "</Servers>"
}

func (s *sites) folderText(entries []state.Entry) string {
	return s.indent(2) + `<Folder expanded="1">` + FolderName + noteMade + s.sitesText(entries) + s.indent(2) + "</Folder>"
}

func (s *sites) sitesText(entries []state.Entry) string {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(s.siteText(e))
	}
	return b.String()
}
