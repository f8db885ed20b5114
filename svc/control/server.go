package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"baissh/proxy/state"
)

// Listen opens the control socket: a unix socket, or a named pipe on Windows. The
// caller must hold the engine's lock: a socket that lies there is then nobody's,
// and is replaced.
func Listen(socket string) (net.Listener, error) {
	ln, err := listen(socket)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	return ln, nil
}

// Serve answers requests until ctx ends, and waits for those under way.
func Serve(ctx context.Context, ln net.Listener, e Engine, version string) error {
	// Requests end with ctx, so that nobody's wait for a change delays the stop.
	server := &http.Server{
		Handler:           handler(e, version),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(limited)
	})
	err := server.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func handler(e Engine, version string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		index, err := strconv.ParseUint(r.FormValue("wait"), 10, 64)
		if err != nil && r.FormValue("wait") != "" {
			fail(w, http.StatusBadRequest, errors.New("wait: want a number"))
			return
		}
		answer(w, e.Status(r.Context(), index))
	})
	mux.HandleFunc("POST /v1/enable", post(http.StatusNotFound, func(ctx context.Context, req enableRequest) (state.Host, error) {
		return e.Enable(ctx, req.Host, req.On)
	}))
	mux.HandleFunc("POST /v1/policy", post(http.StatusInternalServerError, func(ctx context.Context, req policyRequest) (struct{}, error) {
		return struct{}{}, e.SetPolicy(ctx, req.Policy)
	}))
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, r *http.Request) {
		if err := e.Reload(r.Context()); err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		answer(w, struct{}{})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, http.StatusNotFound, state.OtherVersion(version, newerThanThis(r.URL.Path)))
	})
	return mux
}

// longestRequest is far more than any has.
const longestRequest = 64 << 10

// post does what a request asks for; failed is the status where that fails.
func post[Request interface{ check() error }, Reply any](failed int, do func(context.Context, Request) (Reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req Request
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestRequest)).Decode(&req)
		if err == nil {
			err = req.check()
		}
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		reply, err := do(r.Context(), req)
		if err != nil {
			fail(w, failed, err)
			return
		}
		answer(w, reply)
	}
}

// newerThanThis reports whether who asks for path comes from a later release.
// Within version 1 only what was added later can be unknown.
func newerThanThis(path string) bool {
	var v int
	if _, err := fmt.Sscanf(path, "/v%d/", &v); err != nil {
		return false
	}
	return v >= apiVersion
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, status int, err error) {
	p := state.AsProblem(err)
	var reply errorReply
	reply.Error.Code, reply.Error.Fact, reply.Error.Hint = p.Code, p.Fact, p.Hint
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(reply)
}
