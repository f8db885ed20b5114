package filezilla

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"baissh/proxy/state"

	"pgregory.net/rapid"
)

// files draws what a user's sitemanager.xml may look like, the odd and the
// damaged too.
func files() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		eol := rapid.SampledFrom([]string{"\n", "\r\n", "", "\n\t", "\r"}).Draw(t, "eol")
		head := rapid.SampledFrom([]string{
			"", "\ufeff", `<?xml version="1.0"?>` + eol, `<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>`,
			"<!-- 주석 -->" + eol, "<!DOCTYPE x>", "\ufeff" + eol + "<?pi x?>",
		}).Draw(t, "head")
		root := rapid.SampledFrom([]string{"FileZilla3", `FileZilla3 version="3.63.0" platform='*nix' `, "FileZilla3", "Other"}).Draw(t, "root")
		name, _, _ := strings.Cut(root, " ")
		tail := rapid.SampledFrom([]string{"", "\n", eol + "<!-- end -->", "x"}).Draw(t, "tail")
		if rapid.IntRange(0, 9).Draw(t, "one tag") == 0 {
			return head + "<" + root + "/>" + tail
		}
		return head + "<" + root + ">" + parts(t, eol, 0) + "</" + name + ">" + tail
	})
}

// parts are what may be in an element, some of it like ours.
func parts(t *rapid.T, eol string, depth int) string {
	var b strings.Builder
	leaves := rapid.SampledFrom([]string{
		"Backend.AI", "words", " 한글 ", "&amp;", "<![CDATA[ <b> ]]>", "<!-- c -->", "<Server/>", "<Servers />", "<Servers/>",
		"<Server><Name>bai-a</Name></Server>", "<Server><Name>bai-b</Name><Comments>about baissh</Comments></Server>",
		"<Folder>Backend.AI</Folder>", "<Folder/>", `<Folder expanded='0'> Backend.AI <Bookmark/></Folder>`, "<a b='/>'/>",
		"<Name>Backend.AI</Name>", "<Name/>", "<?pi?>", "&#10;", "<Servers></Servers>", "</Servers>",
	})
	for range rapid.IntRange(0, 4).Draw(t, "parts") {
		if depth < 3 && rapid.Bool().Draw(t, "nest") {
			tag := rapid.SampledFrom([]string{"Servers", "Folder", "Server", "x:y", "Servers"}).Draw(t, "tag")
			b.WriteString(eol + "<" + tag + ">" + parts(t, eol, depth+1) + "</" + tag + ">")
			continue
		}
		b.WriteString(eol + leaves.Draw(t, "leaf"))
	}
	return b.String() + rapid.SampledFrom([]string{"", eol, " "}).Draw(t, "end")
}

func entryLists() *rapid.Generator[[]state.Entry] {
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) state.Entry {
		e := demo("bai-"+rapid.StringMatching(`[a-d]`).Draw(t, "alias"), rapid.IntRange(1, 65535).Draw(t, "port"))
		if rapid.Bool().Draw(t, "agent") {
			e.IdentityFile = ""
		}
		return e
	}), 1, 4, func(e state.Entry) string { return e.Alias })
}

type failer interface {
	Fatalf(format string, args ...any)
}

func TestSpliceThereAndBackIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSplice(t, files().Draw(t, "file"), entryLists().Draw(t, "entries"), entryLists().Draw(t, "later"))
	})
}

// checkSplice holds for every foreign file.
func checkSplice(t failer, old string, entries, later []state.Entry) {
	if strings.Contains(old, "baissh [") || strings.Contains(old, "<!-- baissh ") {
		return // something in it is ours
	}
	with, err := Splice([]byte(old), entries)
	if errors.As(err, new(*state.Problem)) {
		if with != nil {
			t.Fatalf("Splice(%q) = %q with error %v", old, with, err)
		}
		return
	}
	checkStable(t, with, entries)
	next, _ := Splice(with, later)
	checkStable(t, next, later)
	for _, text := range [][]byte{[]byte(old), with, next} {
		back, err := Splice(text, nil)
		if err != nil || string(back) != old {
			t.Fatalf("Splice(%q, nil) = %q, %v; want %q", text, back, err, old)
		}
	}
}

// checkStable wants a text that Splice leaves alone and in which every entry is
// either a site or refused.
func checkStable(t failer, text []byte, entries []state.Entry) {
	again, err := Splice(text, entries)
	var bad state.Refusals
	if err != nil && !errors.As(err, &bad) || !bytes.Equal(again, text) {
		t.Fatalf("Splice(%q) = %q, %v", text, again, err)
	}
	if got := len(ourSites(t, text)); got+len(bad) != len(entries) {
		t.Fatalf("%d sites and %d refusals of %d entries in %s", got, len(bad), len(entries), text)
	}
}

func ourSites(t failer, text []byte) []*node {
	if len(text) == 0 {
		return nil
	}
	d, err := parse(sitesFile, text)
	if err != nil {
		t.Fatalf("parse(%q): %v", text, err)
	}
	f := findFolder(d.root.child("Servers"))
	if f == nil {
		return nil
	}
	var list []*node
	for _, k := range f.kids {
		if k.isOurs() {
			list = append(list, k)
		}
	}
	return list
}

func TestHostKeysThereAndBackIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkKeys(t, keyFiles().Draw(t, "file"), pins(entryLists().Draw(t, "entries")))
	})
}

func keyFiles() *rapid.Generator[string] {
	parts := rapid.SampledFrom([]string{
		`<Server Host="example.org" Port="22"><Hostkey>AAAA</Hostkey></Server>`, `<Server Host="127.0.0.1" Port="99999"/>`,
		"\n", "\r\n\t", "<!-- c -->", "<Other/>", " ",
	})
	return rapid.Custom(func(t *rapid.T) string {
		inner := strings.Join(rapid.SliceOfN(parts, 0, 6).Draw(t, "parts"), "")
		return rapid.SampledFrom([]string{"<FileZilla3>" + inner + "</FileZilla3>\n", "<FileZilla3 a='b' />", "", "<FileZilla3>\n" + inner + "\n</FileZilla3>"}).Draw(t, "root")
	})
}

func checkKeys(t failer, old string, list []pin) {
	if strings.Contains(old, "<!-- baissh ") {
		return
	}
	with, err := spliceHostKeys([]byte(old), list, nil)
	if err != nil {
		return
	}
	if again, err := spliceHostKeys(with, list, list); err != nil || !bytes.Equal(again, with) {
		t.Fatalf("spliceHostKeys(%q) = %q, %v", with, again, err)
	}
	back, err := spliceHostKeys(with, nil, list)
	if err != nil || string(back) != old {
		t.Fatalf("spliceHostKeys(%q, nil) = %q, %v; want %q", with, back, err, old)
	}
}

func TestPuttyThereAndBackIsIdentity(t *testing.T) {
	lines := rapid.SampledFrom([]string{"rsa2@22:example.org 0x1,0x2", "# comment", "", "rsa2@22", "한글", "rsa2@22:127.0.0.1.example.org 0x1\r"})
	rapid.Check(t, func(t *rapid.T) {
		old := strings.Join(rapid.SliceOfN(lines, 0, 6).Draw(t, "lines"), "\n")
		checkPutty(t, old, pins(entryLists().Draw(t, "entries")))
	})
}

func checkPutty(t failer, old string, list []pin) {
	for _, p := range list {
		if strings.Contains("\n"+old, "\n"+p.Name) {
			return // what stands there is replaced
		}
	}
	with := splicePutty([]byte(old), list, nil)
	if again := splicePutty(with, list, list); !bytes.Equal(again, with) {
		t.Fatalf("splicePutty(%q) = %q", with, again)
	}
	if back := splicePutty(with, nil, list); string(back) != old {
		t.Fatalf("splicePutty(%q, nil) = %q, want %q", with, back, old)
	}
}
