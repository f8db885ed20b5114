package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
)

// sum asks the session's own sha256sum, whose answer is short. Where there is none,
// the file is read once more.
func (r remote) sum(name string) ([]byte, error) {
	session, err := r.ssh.NewSession()
	if err != nil {
		return nil, err
	}
	defer session.Close()
	out, err := session.Output("sha256sum -- " + quote(name))
	// A name with odd characters is escaped, and the line then begins with "\".
	word, _, _ := strings.Cut(strings.TrimPrefix(string(out), `\`), " ")
	sum, decodeErr := hex.DecodeString(word)
	if err != nil || decodeErr != nil || len(sum) != sha256.Size {
		return readSum(r, name)
	}
	return sum, nil
}

// quote makes one word of a name, for the session's shell.
func quote(name string) string { return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'" }

func readSum(s side, name string) ([]byte, error) {
	f, err := s.open(name, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := pump(h, f, func(int) {}); err != nil && err != io.EOF {
		return nil, err
	}
	return h.Sum(nil), nil
}
