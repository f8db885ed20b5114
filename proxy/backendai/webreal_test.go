//go:build real

package backendai_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"baissh/proxy/backendai/backendaitest/site"
)

// TestARealWebServer looks at a Backend.AI that runs on this machine. The folder
// with the programs "up" and "session" is in REAL_BACKENDAI.
func TestARealWebServer(t *testing.T) {
	folder := os.Getenv("REAL_BACKENDAI")
	if folder == "" {
		t.Fatal("REAL_BACKENDAI does not say where the server is")
	}
	var up struct {
		Webserver string `json:"webserver"`
		Users     map[string]struct {
			Email    string `json:"email"`
			Password string `json:"password"`
		} `json:"users"`
	}
	tell(t, &up, filepath.Join(folder, "up"))
	var names atomic.Int64
	conduct(t, webServer{
		release: site.Releases()[0],
		url:     up.Webserver, user: up.Users["alice"].Email, password: up.Users["alice"].Password,
		dave: [2]string{up.Users["dave"].Email, up.Users["dave"].Password},
		begin: func(t *testing.T) (string, func()) {
			var session struct {
				ID string `json:"id"`
			}
			name := "conduct-" + strconv.FormatInt(names.Add(1), 10)
			tell(t, &session, filepath.Join(folder, "session"), "create", name)
			return session.ID, func() { tell(t, nil, filepath.Join(folder, "session"), "terminate", name) }
		},
	})
}

// tell runs one of the server's programs, which prints JSON.
func tell(t *testing.T, into any, program string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if into != nil {
		err = errors.Join(err, json.Unmarshal(out, into))
	}
	if err != nil {
		t.Fatalf("%s %v: %v: %s", program, args, err, out)
	}
}
