package filezilla

import (
	"errors"
	"strings"
	"testing"

	"baissh/proxy/state"

	"golang.org/x/crypto/ssh"
)

// changed is a file of ours with the user's changes in it.
func changed(t *testing.T, pairs ...string) string {
	t.Helper()
	text := splice(t, "", one)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("there is no %q to change", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// Where a site leads to is ours, everything else in it the user's.
func TestUsersChangesInOurSite(t *testing.T) {
	key := "<Keyfile>" + escape(one.IdentityFile) + "</Keyfile>"
	tests := map[string]struct{ change, to, want string }{
		"host":              {"<Host>127.0.0.1</Host>", "<Host>localhost</Host>", ""},
		"space in host":     {"<Host>127.0.0.1</Host>", "<Host> 127.0.0.1</Host>", ""},
		"port":              {"<Port>22022</Port>", "<Port>22</Port>", ""},
		"user":              {"<User>work</User>", "<User>root</User>", ""},
		"protocol":          {"<Protocol>1</Protocol>", "<Protocol>0</Protocol>", ""},
		"logon type":        {"<Logontype>5</Logontype>", "<Logontype>2</Logontype>", ""},
		"key":               {key, "<Keyfile>/other</Keyfile>", ""},
		"key of one tag":    {key, "<Keyfile/>", ""},
		"colour":            {"<SyncBrowsing>0", "<Colour>3</Colour>\n<SyncBrowsing>0", "<Colour>3</Colour>"},
		"directory":         {"<SyncBrowsing>0", "<LocalDir>/data</LocalDir><SyncBrowsing>1", "<SyncBrowsing>1"},
		"bookmark":          {"</Server>", "<Bookmark><Name>b</Name><LocalDir>/d</LocalDir></Bookmark></Server>", "<Bookmark>"},
		"encoding":          {"<EncodingType>UTF-8", "<EncodingType>Auto", "<EncodingType>Auto"},
		"words to comments": {"Kept up", "My notes. Kept up", "My notes."},
		"more comments":     {"user and key.", "user and key.\r\nMine &amp; yours", "Mine &amp; yours"},
	}
	for name, tt := range tests {
		old := changed(t, tt.change, tt.to)
		want := old
		if tt.want == "" {
			want = splice(t, "", one)
		}
		if got := splice(t, old, one); got != want {
			t.Errorf("%s: Splice =\n%s\nwant\n%s", name, got, want)
		}
		if got := splice(t, old); got != "" {
			t.Errorf("%s: after the session ended there is\n%s", name, got)
		}
	}
}

func TestMissingSettingComesBack(t *testing.T) {
	old := changed(t, "<Port>22022</Port>", "", "<Host>127.0.0.1</Host>", "")
	got := splice(t, old, one)
	if !strings.Contains(got, "<Host>127.0.0.1</Host>") || !strings.Contains(got, "<Port>22022</Port>") {
		t.Errorf("Splice = %s", got)
	}
	if again := splice(t, got, one); again != got {
		t.Errorf("Splice again = %s", again)
	}
}

// A site that the user made his own stays, and ours comes beside it.
func TestTheUsersCopyIsTheUsers(t *testing.T) {
	tests := map[string][]string{
		"renamed":           {"<Name>bai-demo<", "<Name>my demo<"},
		"renamed to a host": {"<Name>bai-demo<", "<Name>bai-other<"},
		"moved to a folder": {"\n\t\t\t<Server>", "<Folder>inner<Server>", "</Server>", "</Server></Folder>"},
		"folder renamed":    {">Backend.AI<", ">Mine<"},
		"moved out":         {`<Folder expanded="1">Backend.AI<!-- baissh made this -->`, "", "</Folder>", ""},
	}
	for name, change := range tests {
		old := changed(t, change...)
		if got := splice(t, old); got != old {
			t.Errorf("%s: the user's site changed to\n%s", name, got)
		}
		with := splice(t, old, one)
		if strings.Count(with, "<Server>") != 2 {
			t.Errorf("%s: Splice =\n%s", name, with)
		}
		if back := splice(t, with); strings.Count(back, "<Server>") != 1 {
			t.Errorf("%s: after the session ended there is\n%s", name, back)
		}
	}
}

func TestFolderThatTheUserMovedAmongItsLike(t *testing.T) {
	const other = `<Folder>Other</Folder>`
	text := splice(t, "<FileZilla3><Servers>"+other+"</Servers></FileZilla3>", one)
	moved := strings.Replace(strings.Replace(text, other, "", 1), "</Servers>", other+"</Servers>", 1)
	if got := splice(t, moved, one); got != moved {
		t.Errorf("Splice = %s\nwant %s", got, moved)
	}
	if got := splice(t, moved); got != "<FileZilla3><Servers>"+other+"</Servers></FileZilla3>" {
		t.Errorf("after the session ended there is %s", got)
	}
}

// FileZilla's -c does not tell a site from a folder, and takes the first.
func TestNameThatIsTaken(t *testing.T) {
	for name, theirs := range map[string]string{
		"site":           "<Server><Name>bai-demo</Name><Comments>mine</Comments></Server>",
		"marker deleted": "<Server><Host>h</Host><Name> bai-demo </Name></Server>",
		"older spelling": "<Server><Host>h</Host>bai-demo</Server>",
		"folder":         "<Folder>bai-demo</Folder>",
	} {
		old := "<FileZilla3><Servers><Folder>Backend.AI" + theirs + "</Folder></Servers></FileZilla3>"
		got, err := Splice([]byte(old), []state.Entry{one})
		var taken state.Refusals
		if string(got) != old || !errors.As(err, &taken) || len(taken) != 1 || taken[0].Alias != "bai-demo" {
			t.Errorf("%s: Splice = %s, %v", name, got, err)
		}
	}
}

func TestSecondSiteOfOursWithOneNameGoes(t *testing.T) {
	text := splice(t, "", one)
	site := text[strings.Index(text, "\n\t\t\t<Server>"):strings.Index(text, "\n\t\t</Folder>")]
	if got := splice(t, strings.Replace(text, site, site+site, 1), one); got != text {
		t.Errorf("Splice = %s", got)
	}
}

func TestAgentInsteadOfAKeyFile(t *testing.T) {
	agent := one
	agent.IdentityFile = ""
	text := splice(t, "", agent)
	if strings.Contains(text, "Keyfile") || !strings.Contains(text, "<Logontype>3</Logontype>") {
		t.Errorf("Splice = %s", text)
	}
	if got := splice(t, splice(t, "", one), agent); got != text {
		t.Errorf("from a key file: Splice = %s", got)
	}
	if got := splice(t, text, one); !strings.Contains(got, "<Keyfile>") || !strings.Contains(got, "<Logontype>5</Logontype>") {
		t.Errorf("to a key file: Splice = %s", got)
	}
}

// This is what FileZilla makes of our file at OK: notes gone, name and first
// site on one line.
func TestAfterFileZillaWroteIt(t *testing.T) {
	two := demo("bai-two", 22023)
	text := splice(t, "", one, two)
	for _, note := range []string{noteMade, noteOpened, noteFound, ` encoding="UTF-8"`} {
		text = strings.ReplaceAll(text, note, "")
	}
	text = strings.ReplaceAll(text, "Backend.AI\n\t\t\t<Server>", "Backend.AI<Server>")
	if got := splice(t, text, one, two); got != text {
		t.Errorf("Splice = %s", got)
	}
	got := splice(t, splice(t, text, two))
	if want := "<?xml version=\"1.0\"?>\n<FileZilla3>\n\t<Servers>\n\t</Servers>\n</FileZilla3>\n"; got != want {
		t.Errorf("Splice without = %q, want %q", got, want)
	}
}

func TestAnotherHostKeyIsNoChangeToASite(t *testing.T) {
	other := one
	other.HostKey = hostKey(ssh.KeyAlgoED25519)
	if a, b := splice(t, "", one), splice(t, "", other); a != b {
		t.Errorf("Splice = %s\nwith another key %s", a, b)
	}
}
