package filezilla

import (
	"crypto/ed25519"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// The base point of Ed25519, from RFC 8032, and the smallest one with an x that
// is negated.
func TestEdwardsPointIsRecovered(t *testing.T) {
	base := strings.Repeat("66", 31)
	for key, want := range map[string]string{
		"58" + base:             "216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a",
		"58" + base[:60] + "e6": "5e96c92c3291ac013f5b1dce022923a396d3389f6ada584d36a9d29f70da2ad3",
	} {
		raw, err := hex.DecodeString(key)
		if err != nil {
			t.Fatal(err)
		}
		x, _, err := affine(ed25519.PublicKey(raw))
		if err != nil || x.Text(16) != want {
			t.Errorf("affine(%s) = %x, %v, want %s", key, x, err, want)
		}
	}
	for name, raw := range map[string]string{
		"beyond the field": strings.Repeat("\xff", 32), "not on the curve": "\x02" + strings.Repeat("\x00", 31),
	} {
		if x, _, err := affine(ed25519.PublicKey(raw)); err == nil {
			t.Errorf("%s: affine = %x, want an error", name, x)
		}
	}
}

func TestPuttyNames(t *testing.T) {
	for kind, want := range map[string]string{
		ssh.KeyAlgoRSA:      "rsa2@22022:127.0.0.1 0x10001,0x",
		ssh.KeyAlgoED25519:  "ssh-ed25519@22022:127.0.0.1 0x",
		ssh.KeyAlgoECDSA256: "ecdsa-sha2-nistp256@22022:127.0.0.1 nistp256,0x",
		ssh.KeyAlgoECDSA384: "ecdsa-sha2-nistp384@22022:127.0.0.1 nistp384,0x",
		ssh.KeyAlgoECDSA521: "ecdsa-sha2-nistp521@22022:127.0.0.1 nistp521,0x",
	} {
		if line := keyPin(kind).line(); !strings.HasPrefix(line, want) {
			t.Errorf("line of %s is %q, want %q", kind, line, want)
		}
	}
}

func keyPin(kind string) pin { return newPin(22022, signers()[kind].PublicKey()) }

func TestPuttyLinesAreReplacedNeverAppended(t *testing.T) {
	rsa, edwards := keyPin(ssh.KeyAlgoRSA), keyPin(ssh.KeyAlgoED25519)
	other := "rsa2@22:example.org 0x10001,0xff\n"
	stale := rsa
	stale.Value = "0x3,0xabc"
	tests := []struct {
		name, old   string
		want, stale []pin
		text        string
	}{
		{"none there", "", []pin{rsa}, nil, rsa.line() + "\n"},
		{"another's", other, []pin{rsa}, nil, other + rsa.line() + "\n"},
		{"no final newline", strings.TrimSpace(other), []pin{rsa}, nil, other + rsa.line()},
		{"same", other + rsa.line() + "\n" + other, []pin{rsa}, nil, other + rsa.line() + "\n" + other},
		{"stale in front of it", stale.line() + "\n" + other + rsa.line() + "\n", []pin{rsa}, nil, rsa.line() + "\n" + other},
		{"with a carriage return", rsa.line() + "\r\n" + other, []pin{rsa}, nil, rsa.line() + "\n" + other},
		{"another kind on the port", rsa.line() + "\n" + other, []pin{edwards}, []pin{rsa}, other + edwards.line() + "\n"},
		{"the session ended", other + rsa.line() + "\n", nil, []pin{rsa}, other},
		{"another key in our place", stale.line() + "\n", nil, []pin{rsa}, stale.line() + "\n"},
	}
	for _, tt := range tests {
		if got := string(splicePutty([]byte(tt.old), tt.want, tt.stale)); got != tt.text {
			t.Errorf("%s: splicePutty =\n%q, want\n%q", tt.name, got, tt.text)
		}
	}
}

func TestHostKeysXML(t *testing.T) {
	rsa, edwards := keyPin(ssh.KeyAlgoRSA), keyPin(ssh.KeyAlgoED25519)
	entry := func(keys ...string) string {
		return `<Server Host="127.0.0.1" Port="22022">` + strings.Join(keys, "") + "</Server>"
	}
	hostkey := func(p pin) string { return "<Hostkey>" + p.Blob + "</Hostkey>" }
	const allowed = "<AllowedInsecureAlgorithms>ssh-rsa</AllowedInsecureAlgorithms>"
	const other = `<Server Host="localhost" Port="22022"><Hostkey>AAAA</Hostkey></Server>`
	tests := []struct {
		name, old   string
		want, stale []pin
		text        string
	}{
		{"same", entry(hostkey(rsa)), []pin{rsa}, nil, entry(hostkey(rsa))},
		{"another key", entry(hostkey(edwards), allowed) + other, []pin{rsa}, []pin{edwards}, entry(hostkey(rsa), allowed) + other},
		{"several keys", entry("<Hostkey/>", hostkey(rsa)), []pin{rsa}, nil, entry(hostkey(rsa))},
		{"no key", entry(allowed), []pin{rsa}, nil, entry(allowed, "\n\t\t", hostkey(rsa))},
		{"the session ended", other + entry(hostkey(rsa)), nil, []pin{rsa}, other},
		{"another key in our place", entry(hostkey(edwards)), nil, []pin{rsa}, entry(hostkey(edwards))},
		{"a second key beside ours", entry(hostkey(rsa), hostkey(edwards)), nil, []pin{rsa}, entry(hostkey(rsa), hostkey(edwards))},
	}
	for _, tt := range tests {
		got, err := spliceHostKeys([]byte("<FileZilla3>"+tt.old+"</FileZilla3>"), tt.want, tt.stale)
		if want := "<FileZilla3>" + tt.text + "</FileZilla3>"; err != nil || string(got) != want {
			t.Errorf("%s: spliceHostKeys =\n%s, %v, want\n%s", tt.name, got, err, want)
		}
	}
}

func TestStoresByVersion(t *testing.T) {
	for _, tt := range []struct {
		version            string
		hasOwn, putty, own bool
	}{
		{"", false, true, true},
		{"", true, true, true},
		{"nonsense", false, true, true},
		{"3.63.0", false, true, false},
		{"3.63.0", true, true, true},
		{"3.69.6", false, true, false},
		{"3.70.0-beta1", false, false, true},
		{"3.71.0", true, false, true},
		{"4.0.0", false, false, true},
		{"1:3.63.0-1+deb12u3", false, true, false},
		{"filezilla 3.71.0-1\n", false, false, true},
		{"2.99", false, true, false},
	} {
		if putty, own := stores(tt.version, tt.hasOwn); putty != tt.putty || own != tt.own {
			t.Errorf("stores(%q, %v) = %v, %v, want %v, %v", tt.version, tt.hasOwn, putty, own, tt.putty, tt.own)
		}
	}
}
