package sshconfig

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/state"
)

var tilde = Dir{Path: "/home/me/.ssh", Tilde: true}

const (
	ourBlock = beginMark + "\nInclude bai/config\n" + endMark + "\n"
	dosBlock = beginMark + "\r\nInclude bai/config\r\n" + endMark + "\r\n"
	absBlock = beginMark + "\nInclude \"/home/me/.ssh/bai/config\"\n" + endMark + "\n"
)

func TestAddInclude(t *testing.T) {
	for name, tc := range map[string]struct{ old, want string }{
		"no file":                    {"", ourBlock},
		"first, whatever follows":    {"Host a\n  Port 1\n", ourBlock + "Host a\n  Port 1\n"},
		"no final newline":           {"Host a", ourBlock + "Host a"},
		"CRLF":                       {"Host a\r\n  Port 1\r\n", dosBlock + "Host a\r\n  Port 1\r\n"},
		"blank lines on top":         {"\n\nHost a\n", ourBlock + "\n\nHost a\n"},
		"there already":              {ourBlock + "Host a\n", ourBlock + "Host a\n"},
		"there, without final LF":    {strings.TrimSuffix(ourBlock, "\n"), strings.TrimSuffix(ourBlock, "\n")},
		"there with CRLF":            {dosBlock, dosBlock},
		"there below comments":       {"# mine\n\n" + ourBlock + "Host a\n", "# mine\n\n" + ourBlock + "Host a\n"},
		"there below a host":         {"Host a\n  Port 1\n" + ourBlock + "Host b\n", ourBlock + "Host a\n  Port 1\nHost b\n"},
		"there with another path":    {"# x\n" + absBlock + "Host a\n", "# x\n" + ourBlock + "Host a\n"},
		"there, spelled differently": {beginMark + "\n  include=bai/config # mine\n" + endMark + "\n", beginMark + "\n  include=bai/config # mine\n" + endMark + "\n"},
		"marker within a line":       {"Host a # " + beginMark + "\n", ourBlock + "Host a # " + beginMark + "\n"},
		"not UTF-8, as ssh allows":   {"# \xb0\xa1\nHost a\n", ourBlock + "# \xb0\xa1\nHost a\n"},
	} {
		got, err := AddInclude([]byte(tc.old), tilde)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: AddInclude(%q) = %q, %v; want %q", name, tc.old, got, err, tc.want)
		}
	}
}

func TestAddIncludeNamesThePathWhereHomeIsAnother(t *testing.T) {
	got, err := AddInclude([]byte("Host a\n"), Dir{Path: "/home/me/.ssh"})
	if want := absBlock + "Host a\n"; err != nil || string(got) != want {
		t.Errorf("AddInclude = %q, %v; want %q", got, err, want)
	}
}

func TestAddIncludeLeavesWhatItCannotChange(t *testing.T) {
	for name, tc := range map[string]struct {
		old  string
		code state.Code
	}{
		"BOM":                   {"\xef\xbb\xbfHost a\n", HasBOM},
		"UTF-16 LE":             {"\xff\xfeH\x00o\x00", IsUTF16},
		"UTF-16 BE":             {"\xfe\xff\x00H\x00o", IsUTF16},
		"UTF-16 without a mark": {"H\x00o\x00s\x00t\x00", HasNUL},
		"NUL":                   {"Host a\x00\n", HasNUL},
		"begin alone":           {beginMark + "\nInclude bai/config\n", MarkersDamaged},
		"end alone":             {"Include bai/config\n" + endMark + "\n", MarkersDamaged},
		"wrong order":           {endMark + "\nInclude bai/config\n" + beginMark + "\n", MarkersDamaged},
		"two blocks":            {ourBlock + ourBlock, MarkersDamaged},
		"two begins":            {beginMark + "\n" + ourBlock, MarkersDamaged},
		"nothing between":       {beginMark + "\n" + endMark + "\n", MarkersDamaged},
		"commented out":         {beginMark + "\n# Include bai/config\n" + endMark + "\n", MarkersDamaged},
		"more between":          {beginMark + "\nInclude bai/config\nUser me\n" + endMark + "\n", MarkersDamaged},
		"something else":        {beginMark + "\nUser me\n" + endMark + "\n", MarkersDamaged},
	} {
		got, err := AddInclude([]byte(tc.old), tilde)
		var p *state.Problem
		if got != nil || !errors.As(err, &p) || p.Code != tc.code {
			t.Errorf("%s: AddInclude = %q, %v; want a problem with code %s", name, got, err, tc.code)
			continue
		}
		if p.Fact == "" || !strings.HasSuffix(p.Hint, "Include bai/config") {
			t.Errorf("%s: problem %q, %q lacks the line to paste", name, p.Fact, p.Hint)
		}
	}
}

func TestIncludeLineForFolders(t *testing.T) {
	for path, want := range map[string]string{
		"/home/me/.ssh":        `Include "/home/me/.ssh/bai/config"`,
		"/home/two words/.ssh": `Include "/home/two words/.ssh/bai/config"`,
		"/home/홍 길동/.ssh":      `Include "/home/홍 길동/.ssh/bai/config"`,
		"/home/#1/.ssh":        `Include "/home/#1/.ssh/bai/config"`,
		"/home/100%/.ssh":      "", "/home/a*/.ssh": "", "/home/[a]/.ssh": "", `/home/"a"/.ssh`: "",
		"/home/a\nUser x/.ssh": "", "/home/${X}/.ssh": "", `/home/a\b/.ssh`: "", "relative/.ssh": "",
	} {
		got, err := Dir{Path: path}.IncludeLine()
		if got != want || (err == nil) != (want != "") {
			t.Errorf("IncludeLine in %q = %q, %v; want %q", path, got, err, want)
		}
		if _, err := AddInclude(nil, Dir{Path: path}); (err == nil) != (want != "") {
			t.Errorf("AddInclude in %q = %v", path, err)
		}
		if line, err := (Dir{Path: path, Tilde: true}).IncludeLine(); line != "Include bai/config" || err != nil {
			t.Errorf("IncludeLine in %q with Tilde = %q, %v", path, line, err)
		}
	}
}

func TestSSHFollowsTheLineInOddFolders(t *testing.T) {
	for _, name := range []string{"plain", "two words", "홍 길동", "it's", "hash #1", "~", "a=b", "-F"} {
		d := Dir{Path: filepath.Join(t.TempDir(), name, ".ssh")}
		put(t, d.BaiConfig(), render(t, d, demo(d)))
		for _, old := range []string{"", "Host *\r\n  Port 1\r\n", "Host bai-demo\n  Port 1"} {
			config, err := AddInclude([]byte(old), d)
			if err != nil {
				t.Fatal(err)
			}
			wantOption(t, sshG(t, put(t, d.Config(), string(config)), "bai-demo"), "port", "22022")
		}
	}
}

func TestRemoveInclude(t *testing.T) {
	for name, tc := range map[string]struct{ old, want string }{
		"not there":            {"Host a\n", "Host a\n"},
		"alone":                {ourBlock, ""},
		"edits above":          {"# new\nHost b\n" + ourBlock + "Host a\n", "# new\nHost b\nHost a\n"},
		"edits below":          {ourBlock + "Host a\n\n\n", "Host a\n\n\n"},
		"CRLF":                 {dosBlock + "Host a\r\n", "Host a\r\n"},
		"at the end, no LF":    {"Host a\n" + strings.TrimSuffix(ourBlock, "\n"), "Host a\n"},
		"the path edited":      {beginMark + "\nInclude bai/*\n" + endMark + "\nHost a\n", "Host a\n"},
		"a BOM put before it":  {"\xef\xbb\xbf" + ourBlock + "Host a\n", "\xef\xbb\xbfHost a\n"},
		"pasted by hand":       {"Include bai/config\nHost a\n", "Include bai/config\nHost a\n"},
		"a NUL, not from us":   {ourBlock + "\x00", "\x00"},
		"UTF-16, never was in": {"\xff\xfeH\x00", "\xff\xfeH\x00"},
	} {
		got, err := RemoveInclude([]byte(tc.old))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: RemoveInclude(%q) = %q, %v; want %q", name, tc.old, got, err, tc.want)
		}
	}
	if got, err := RemoveInclude([]byte(ourBlock + endMark)); got != nil || !state.IsCode(err, MarkersDamaged) {
		t.Errorf("RemoveInclude(damaged) = %q, %v; want a MarkersDamaged problem", got, err)
	}
}

func TestHasInclude(t *testing.T) {
	abs := Dir{Path: "/home/me/.ssh"}
	for text, want := range map[string]struct{ tilde, abs bool }{
		"":                                  {false, false},
		ourBlock:                            {true, false},
		absBlock:                            {true, true},
		"Include bai/config":                {true, false},
		"include=bai/config\r\n":            {true, false},
		"INCLUDE  \"bai/config\"  \n":       {true, false},
		"\t\"Include\" ~/.ssh/bai/config\n": {true, false},
		"Include other bai/config\n":        {true, false},
		"Include bai/*\n":                   {true, false},
		"Include /home/me/.ssh/bai/config # ok\n":    {true, true},
		"Include /home/me/.ssh/b?i/config\n":         {true, true},
		"# Include bai/config\n":                     {false, false},
		"Include conf.d/*\n":                         {false, false},
		"Include bai/config.old\n":                   {false, false},
		"Include /elsewhere/bai/config\n":            {false, false},
		"Include \"bai/config\n":                     {false, false},
		"User me\nInclude bai/config\n":              {true, false},
		"Host a\nInclude bai/config\n":               {false, false},
		"Host a\nHost *\nInclude bai/config\n":       {true, false},
		"Host * !b\nInclude bai/config\n":            {false, false},
		"Host a\nMatch All\nInclude bai/config\n":    {true, false},
		"Match exec true\nInclude bai/config\n":      {false, false},
		"Match all host x\nInclude bai/config\n":     {false, false},
		"Include\nInclude [\nInclude bai/config\n":   {true, false},
		"Includebai/config\nIncludes bai/config\n":   {false, false},
		"Include = ~/.ssh/bai/config\nHost b\n":      {true, false},
		"Host a\n  Port 1\n\n" + ourBlock + "Host b": {false, false},
	} {
		if got := HasInclude([]byte(text), tilde); got != want.tilde {
			t.Errorf("HasInclude(%q) with Tilde = %v", text, got)
		}
		if got := HasInclude([]byte(text), abs); got != want.abs {
			t.Errorf("HasInclude(%q) without Tilde = %v", text, got)
		}
	}
}

// What we call included is what ssh finds, in texts that hold our path.
func TestHasIncludeAgreesWithSSH(t *testing.T) {
	d := newDir(t)
	put(t, d.BaiConfig(), "Host *\n  Port 4242\n")
	for _, text := range []string{
		"Include PATH", "include = \"PATH\"", "# Include PATH", "Host a\nInclude PATH",
		"Host a\nHost *\nInclude PATH", "Host a\nMatch all\nInclude PATH", "Match exec false\nInclude PATH",
		"Include other PATH", "Include PATH.old", "User me\r\nInclude PATH\r\nHost a\r\n", " = Include PATH",
		"Include PATH # it", "Host * !bai-demo\nInclude PATH", "Include PAT?", "Include 'PATH'",
	} {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "PATH", d.BaiConfig()), "PAT?", d.Bai()+"/c?nfig")
		out, err := runG(t, put(t, d.Config(), text+"\n"), "bai-demo")
		want := err == nil && strings.Contains("\n"+out, "\nport 4242\n")
		if got := HasInclude([]byte(text), d); got != want {
			t.Errorf("HasInclude(%q) = %v, ssh finds it: %v (%v)", text, got, want, err)
		}
	}
}
