package filezilla

import (
	"strings"
	"testing"

	"baissh/proxy/state"
)

func FuzzSplice(f *testing.F) {
	f.Fuzz(func(t *testing.T, old string) {
		checkSplice(t, old, []state.Entry{demo("bai-a", 10022), demo("bai-b", 10023)}, []state.Entry{demo("bai-b", 10024)})
	})
}

// A file that is partly ours already is never made unreadable, and what is
// written once is not written again.
func FuzzSpliceOurs(f *testing.F) {
	f.Fuzz(func(t *testing.T, old, alias, account, identity string, port int) {
		e := state.Entry{Alias: alias, Account: account, IdentityFile: identity, Port: port, HostKey: one.HostKey}
		text, _ := Splice([]byte(old), []state.Entry{e, one})
		if text == nil {
			return
		}
		again, _ := Splice(text, []state.Entry{e, one})
		if string(again) != string(text) {
			t.Errorf("Splice(%q) = %q", text, again)
		}
		for _, site := range ourSites(t, text) {
			if name := site.siteName(); name != alias && name != one.Alias {
				t.Errorf("Splice(%q) made a site %q", old, name)
			}
		}
	})
}

func FuzzStores(f *testing.F) {
	f.Fuzz(func(t *testing.T, old string) {
		list := pins([]state.Entry{one})
		if !strings.Contains(old, "127.0.0.1") {
			checkKeys(t, old, list)
		}
		checkPutty(t, old, list)
	})
}
