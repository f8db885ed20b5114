package filezilla

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"baissh/proxy/state"
)

// site is our site as it is first written, EOL for the line end.
func site(e state.Entry) string {
	return strings.NewReplacer("ALIAS", e.Alias, "PORT", pinPort(e), "KEY", escape(e.IdentityFile)).Replace(
		`EOL			<Server>EOL				<Host>127.0.0.1</Host>EOL				<Port>PORT</Port>EOL				<Protocol>1</Protocol>` +
			`EOL				<User>work</User>EOL				<Keyfile>KEY</Keyfile>EOL				<Logontype>5</Logontype>` +
			`EOL				<EncodingType>UTF-8</EncodingType>EOL				<BypassProxy>1</BypassProxy>EOL				<Name>ALIAS</Name>` +
			`EOL				<Comments>Kept up to date by baissh [ALIAS]. Change what you like but for host, port, user and key.</Comments>` +
			`EOL				<SyncBrowsing>0</SyncBrowsing>EOL				<DirectoryComparison>0</DirectoryComparison>EOL			</Server>`)
}

func pinPort(e state.Entry) string { return settings(e)[1].value }

func folder(inside string) string {
	return `EOL		<Folder expanded="1">Backend.AI<!-- baissh made this -->` + inside + `EOL		</Folder>`
}

var one = demo("bai-demo", 22022)

// What stands around ours stays to the byte, and a note says how it was before
// where taking ours out would not be enough.
func TestSpliceGolden(t *testing.T) {
	const foreign = `<Server><Host>example.org</Host><Port>21</Port><Name>mine</Name></Server>`
	tests := []struct{ name, old, want string }{
		{
			"no file", "",
			`<?xml version="1.0" encoding="UTF-8"?>EOL<FileZilla3><!-- baissh made this -->EOL	<Servers><!-- baissh made this -->` +
				folder(site(one)) + `EOL	</Servers>EOL</FileZilla3>EOL`,
		},
		{
			"root of one tag", `<?xml version="1.0"?><FileZilla3 version="3.63.0" />`,
			`<?xml version="1.0"?><FileZilla3 version="3.63.0" ><!-- baissh opened this -->EOL	<Servers><!-- baissh made this -->` +
				folder(site(one)) + `EOL	</Servers>EOL</FileZilla3>`,
		},
		{
			"Servers of one tag", `<FileZilla3>EOL	<Servers />EOL</FileZilla3>EOL`,
			`<FileZilla3>EOL	<Servers ><!-- baissh opened this -->` + folder(site(one)) + `EOL	</Servers>EOL</FileZilla3>EOL`,
		},
		{
			"no Servers", `<FileZilla3>EOL	<Other a='1'/>EOLEOL</FileZilla3>`,
			`<FileZilla3>EOL	<Other a='1'/>EOL	<Servers><!-- baissh made this -->` + folder(site(one)) + `EOL	</Servers>EOLEOL</FileZilla3>`,
		},
		{
			"foreign sites and comments", `<!-- a --><FileZilla3><!-- b --><Servers x="y">` + foreign + `<!-- c -->EOL</Servers></FileZilla3><!-- d -->`,
			`<!-- a --><FileZilla3><!-- b --><Servers x="y">` + foreign + `<!-- c -->` + folder(site(one)) + `EOL</Servers></FileZilla3><!-- d -->`,
		},
		{
			"the user's own empty folder", `<FileZilla3><Servers><Folder>Backend.AIEOL</Folder></Servers></FileZilla3>`,
			`<FileZilla3><Servers><Folder>Backend.AI<!-- baissh found this empty -->` + site(one) + `EOL</Folder></Servers></FileZilla3>`,
		},
		{
			"the user's own folder, in CDATA, with a site", `<FileZilla3><Servers><Folder><![CDATA[ Backend.AI ]]>` + foreign + `</Folder></Servers></FileZilla3>`,
			`<FileZilla3><Servers><Folder><![CDATA[ Backend.AI ]]>` + foreign + site(one) + `</Folder></Servers></FileZilla3>`,
		},
		{
			"a folder of this name elsewhere is not ours", `<FileZilla3><Servers><Folder>Work<Folder>Backend.AI</Folder></Folder></Servers></FileZilla3>`,
			`<FileZilla3><Servers><Folder>Work<Folder>Backend.AI</Folder></Folder>` + folder(site(one)) + `</Servers></FileZilla3>`,
		},
		{
			"Hangul, BOM and entities", "\ufeff" + `<FileZilla3><Servers><Server><Name>서버 &amp; &#x41;</Name></Server></Servers></FileZilla3>`,
			"\ufeff" + `<FileZilla3><Servers><Server><Name>서버 &amp; &#x41;</Name></Server>` + folder(site(one)) + `</Servers></FileZilla3>`,
		},
	}
	for _, tt := range tests {
		for _, eol := range []string{"\n", "\r\n"} {
			if !strings.Contains(tt.old, "EOL") && eol == "\r\n" {
				continue // then there is no line to take it from
			}
			old, want := strings.ReplaceAll(tt.old, "EOL", eol), strings.ReplaceAll(tt.want, "EOL", eol)
			got := splice(t, old, one)
			if got != want {
				t.Errorf("%s: Splice =\n%s\nwant\n%s", tt.name, got, want)
			}
			if again := splice(t, got, one); again != got {
				t.Errorf("%s: Splice again =\n%s\nwant\n%s", tt.name, again, got)
			}
			if back := splice(t, got); back != old {
				t.Errorf("%s: Splice without =\n%q\nwant\n%q", tt.name, back, old)
			}
		}
	}
}

func splice(t testing.TB, old string, entries ...state.Entry) string {
	t.Helper()
	text, err := Splice([]byte(old), entries)
	if err != nil || text == nil {
		t.Fatalf("Splice(%q): %v", old, err)
	}
	return string(text)
}

func TestWhatIsNotFileZillasIsRefused(t *testing.T) {
	tests := map[string]struct {
		text string
		code state.Code
	}{
		"another root":     {`<FileZilla2/>`, NotFileZilla},
		"latin-1 bytes":    {"<FileZilla3 a=\"\xe9\"/>", NotUTF8},
		"latin-1 declared": {`<?xml version="1.0" encoding="ISO-8859-1"?><FileZilla3/>`, NotUTF8},
		"UTF-16":           {"\xff\xfe<\x00F\x00", NotUTF8},
		"cut off":          {`<FileZilla3><Servers>`, NotXML},
		"ends wrong":       {`<FileZilla3><Servers></FileZilla3>`, NotXML},
		"two roots":        {`<FileZilla3/><FileZilla3/>`, NotXML},
		"words after it":   {`<FileZilla3/>x`, NotXML},
		"only a comment":   {`<!-- x -->`, NotXML},
		"only space":       {"\n", NotXML},
		"NUL":              {"<FileZilla3/>\x00", NotXML},
		"unknown entity":   {`<!DOCTYPE a [<!ENTITY e "x">]><FileZilla3>&e;</FileZilla3>`, NotXML},
	}
	for name, tt := range tests {
		text, err := Splice([]byte(tt.text), []state.Entry{one})
		var p *state.Problem
		if text != nil || !errors.As(err, &p) || p.Code != tt.code || p.Hint == "" {
			t.Errorf("%s: Splice = %q, %v; want a problem %s", name, text, err, tt.code)
		}
	}
}

func TestEntriesThatCannotBeWritten(t *testing.T) {
	change := func(f func(*state.Entry)) state.Entry {
		e := demo("bai-bad", 22023)
		f(&e)
		return e
	}
	bad := []state.Entry{
		change(func(e *state.Entry) { e.Alias = "</Name>" }), change(func(e *state.Entry) { e.Alias = "" }),
		change(func(e *state.Entry) { e.Alias = "bai-demo" }), // of two with one name the first is taken
		change(func(e *state.Entry) { e.Port = 0 }), change(func(e *state.Entry) { e.Port = 65536 }),
		change(func(e *state.Entry) { e.Account = "a b" }), change(func(e *state.Entry) { e.Account = "" }),
		change(func(e *state.Entry) { e.IdentityFile = "relative" }), change(func(e *state.Entry) { e.IdentityFile += `"` }),
		change(func(e *state.Entry) { e.IdentityFile += "\nother" }), change(func(e *state.Entry) { e.IdentityFile += "\xff" }),
		change(func(e *state.Entry) { e.HostKey += " comment" }), change(func(e *state.Entry) { e.HostKey = "ssh-rsa AAAA" }),
	}
	got, err := Splice(nil, append([]state.Entry{one}, bad...))
	var refusals state.Refusals
	if want := splice(t, "", one); string(got) != want || !errors.As(err, &refusals) || len(refusals) != len(bad) {
		t.Errorf("Splice = %v refusals (%v), text\n%s", len(refusals), err, got)
	}
}

func TestWithoutAPinnedKeyThereIsNoSite(t *testing.T) {
	e := one
	e.HostKey = ""
	if text := splice(t, "", e); text != "" {
		t.Errorf("Splice = %s", text)
	}
}

func TestValuesAreEscaped(t *testing.T) {
	e := one
	e.IdentityFile = keyPath(`홍 길동 </Keyfile>&lt;'`)
	text := splice(t, "", e)
	d, err := parse(sitesFile, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := findFolder(d.root.child("Servers")).child("Server").child("Keyfile").text()
	if got != e.IdentityFile {
		t.Errorf("Keyfile reads as %q, want %q", got, e.IdentityFile)
	}
	if again := splice(t, text, e); again != text {
		t.Error("an escaped value is written again")
	}
}

func TestOrderOfEntriesDoesNotMatter(t *testing.T) {
	a, b := demo("bai-a", 10022), demo("bai-b", 10023)
	if x, y := splice(t, "", a, b), splice(t, "", b, a); x != y {
		t.Errorf("Splice = %s\nand in another order %s", x, y)
	}
	if !bytes.Equal([]byte(splice(t, splice(t, "", a, b), b)), []byte(splice(t, "", b))) {
		t.Error("the site that ended left something behind")
	}
}
