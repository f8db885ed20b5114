package backendai

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/crypto/ssh"
)

// ErrNoKeyFile says that the session has no id_container: the user's own .ssh
// folder is mounted there, most likely.
var ErrNoKeyFile = errors.New("the session has no id_container")

const (
	keyFile  = "id_container"
	keyBegin = "-----BEGIN"
)

// DownloadKey fetches the private key that the session's ssh server accepts, in
// PEM or OpenSSH form, with LF line ends and a final newline. It returns
// ErrNoKeyFile where there is none.
func (c *Client) DownloadKey(ctx context.Context, id string) ([]byte, error) {
	const op = "download the key"
	// The parameter goes in the query and in the body: 24.03.7 to 26.3 read only
	// the body, 26.4 and later only the query. Up to 24.03.6 there is only GET.
	address := "/session/" + id + "/download_single?file=" + keyFile
	body, err := c.call(ctx, op, http.MethodPost, address, map[string]string{"file": keyFile})
	if statusOf(err) == http.StatusMethodNotAllowed {
		body, err = c.call(ctx, op, http.MethodGet, address, nil)
	}
	if err != nil {
		return nil, missingKey(err)
	}
	return parseKey(op, body)
}

func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// missingKey knows a missing file by the statuses that the releases have for it:
// 500 of the agent's failure to read, 400 of a parameter check.
func missingKey(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Slug != "" && (e.Status == http.StatusInternalServerError || e.Status == http.StatusBadRequest) {
		return fmt.Errorf("%w: %w", ErrNoKeyFile, err)
	}
	return err
}

// parseKey takes the key out of what was downloaded and refuses anything else.
// 22.03 wraps the file in a tar.
func parseKey(op string, body []byte) ([]byte, error) {
	if member, ok := firstTarMember(body); ok {
		body = member
	}
	start := bytes.Index(body, []byte(keyBegin))
	if start < 0 {
		return nil, garbage(op, "the file is not a private key")
	}
	key := append(bytes.TrimSpace(bytes.ReplaceAll(body[start:], []byte("\r\n"), []byte("\n"))), '\n')
	var locked *ssh.PassphraseMissingError
	if _, err := ssh.ParseRawPrivateKey(key); err != nil && !errors.As(err, &locked) {
		return nil, garbage(op, "the file is not a private key that ssh can use")
	}
	return key, nil
}

func firstTarMember(body []byte) ([]byte, bool) {
	if len(body) < 512 || string(body[257:262]) != "ustar" {
		return nil, false
	}
	r := tar.NewReader(bytes.NewReader(body))
	if _, err := r.Next(); err != nil {
		return nil, false
	}
	member, err := readAll("unpack the key", r, 1<<20)
	return member, err == nil
}
