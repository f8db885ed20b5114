package filezilla

import "baissh/proxy/state"

// Names of what we write. The folder is in FileZilla's -c as 0/Backend.AI/alias.
const (
	FolderName = "Backend.AI"
	sitesFile  = "sitemanager.xml"
)

// Splice returns the sitemanager.xml that old is to become: in our folder one
// site for each entry, and none of ours besides. Every byte that is not ours
// stays, and so does what the user changed in our sites except for where they
// lead to. An empty result means that no file is needed.
//
// Entries that cannot be written are left out and told as [state.Refusals]. A file
// that cannot be changed safely gives a [state.Problem] and no text.
func Splice(old []byte, entries []state.Entry) ([]byte, error) {
	good, bad := accept(entries)
	text, taken, err := spliceSites(old, good)
	if err != nil {
		return nil, err
	}
	return text, append(bad, taken...).OrNil()
}

func spliceSites(old []byte, entries []state.Entry) ([]byte, state.Refusals, error) {
	if len(old) == 0 {
		return newSites(entries), nil, nil
	}
	d, err := parse(sitesFile, old)
	if err != nil {
		return nil, nil, err
	}
	s := &sites{editor: newEditor(d)}
	s.servers = d.root.child("Servers")
	s.folder = findFolder(s.servers)
	missing, taken := s.keep(entries)
	if len(missing) > 0 {
		s.add(missing)
		return s.done(), taken, nil
	}
	if s.tidy() {
		return []byte{}, taken, nil
	}
	return s.done(), taken, nil
}

// newSites is the whole file where there was none.
func newSites(entries []state.Entry) []byte {
	if len(entries) == 0 {
		return []byte{}
	}
	s := &sites{editor: newEditor(&document{eol: "\n"})}
	return []byte(emptyFile(s.serversText(entries)))
}

// emptyFile leaves out the version, which would make an older FileZilla warn.
func emptyFile(content string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\n<FileZilla3>" + noteMade + content + "\n</FileZilla3>\n"
}
