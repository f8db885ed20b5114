package backendai_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

// probe is what only a good signature is given.
const probe = "/auth/ssh-keypair"

var helloBehaviours = []behaviour{
	{name: "hello/names the release to anybody", is: func(tr *trial) {
		var hello backendai.Hello
		r := tr.send(tr.request("GET", "/", ""))
		if err := json.Unmarshal(r.body, &hello); err != nil || hello.Release != site.Release || hello.API != "v7.20230615" {
			tr.Errorf("hello is %d %s, %v", r.status, r.body, err)
		}
	}},
	{name: "hello/proves nothing about the key pair", is: func(tr *trial) {
		req := tr.request("GET", "/", "")
		backendai.Sign(backendai.KeyPair{AccessKey: "AKIANOBODY", SecretKey: "wrong"}, req, time.Now())
		tr.want(tr.send(req), http.StatusOK, "")
	}},
	{name: "hello/every answer tells the time", is: func(tr *trial) {
		for _, r := range []reply{tr.send(tr.request("GET", "/", "")), tr.send(tr.request("GET", probe, ""))} {
			date, err := http.ParseTime(r.header.Get("Date"))
			if off := time.Since(date); err != nil || off.Abs() > time.Minute {
				tr.Errorf("Date: %q, %v", r.header.Get("Date"), err)
			}
		}
	}},
	{name: "hello/an address nobody knows is 404", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", "/nonsense", ""), http.StatusNotFound, "url-not-found")
	}},
	{name: "hello/a wrong method is 405", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "POST", "/events/session", ""), http.StatusMethodNotAllowed, "method-not-allowed")
	}},
}

var keyPairBehaviours = []behaviour{
	{name: "key pair/a good signature", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", probe, ""), http.StatusOK, "")
	}},
	{name: "key pair/a wrong signature is 401", is: func(tr *trial) {
		keys := tr.keys(site.Alice)
		keys.SecretKey += "x"
		req := tr.request("GET", probe, "")
		backendai.Sign(keys, req, time.Now())
		tr.want(tr.send(req), http.StatusUnauthorized, "auth-failed")
	}},
	{name: "key pair/an unknown access key is 401", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		backendai.Sign(backendai.KeyPair{AccessKey: "AKIANOBODY0000000001", SecretKey: "x"}, req, time.Now())
		tr.want(tr.send(req), http.StatusUnauthorized, "auth-failed")
	}},
	{name: "key pair/a user's second one is 401", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice2, "GET", probe, ""), http.StatusUnauthorized, "auth-failed")
		tr.want(tr.ask(site.Alice2, "GET", "/session/"+tr.session().ID(), ""), http.StatusUnauthorized, "auth-failed")
	}},
	{name: "key pair/a date 14 minutes off is good", is: func(tr *trial) {
		for _, off := range []time.Duration{-14 * time.Minute, 14 * time.Minute} {
			tr.want(tr.askAt(off), http.StatusOK, "")
		}
	}},
	{name: "key pair/a date 16 minutes off is 400", is: func(tr *trial) {
		for _, off := range []time.Duration{-16 * time.Minute, 16 * time.Minute} {
			tr.want(tr.askAt(off), http.StatusBadRequest, "invalid-auth-params")
		}
	}},
	{name: "key pair/a date in another zone is good", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		backendai.Sign(tr.keys(site.Alice), req, time.Now().In(time.FixedZone("KST", 9*3600)))
		tr.want(tr.send(req), http.StatusOK, "")
	}},
	{name: "key pair/none is 400, and with a date 401", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		tr.want(tr.send(req), http.StatusBadRequest, "invalid-auth-params")
		req = tr.request("GET", probe, "")
		req.Header.Set("Date", time.Now().Format(time.RFC3339))
		tr.want(tr.send(req), http.StatusUnauthorized, "auth-failed")
	}},
	{name: "key pair/a newer version of the API is 400", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		backendai.Sign(tr.keys(site.Alice), req, time.Now())
		req.Header.Set("X-BackendAI-Version", "v8.20240315")
		tr.want(tr.send(req), http.StatusBadRequest, "generic-bad-request")
	}},
	{name: "key pair/a limit is shown, and then is 429 without headers", is: wantRateLimit},
	{name: "key pair/the public ssh key is told, null if there is none", is: func(tr *trial) {
		for who, want := range map[site.User]string{site.Alice: `"ssh-rsa `, site.Bob: `null`} {
			var told struct {
				Key json.RawMessage `json:"ssh_public_key"`
			}
			r := tr.ask(who, "GET", probe, "")
			if err := json.Unmarshal(r.body, &told); err != nil || !strings.HasPrefix(string(told.Key), want) {
				tr.Errorf("%s: %s, %v", who, r.body, err)
			}
		}
	}},
}

// askAt asks with a clock that is off.
func (tr *trial) askAt(off time.Duration) reply {
	tr.Helper()
	req := tr.request("GET", probe, "")
	backendai.Sign(tr.keys(site.Alice), req, time.Now().Add(off))
	return tr.send(req)
}

// wantRateLimit asks until it is too much. Some of it may have been asked before.
func wantRateLimit(tr *trial) {
	for asked := 0; asked <= 30; asked++ {
		r := tr.ask(site.Dave, "GET", probe, "")
		if r.status == http.StatusTooManyRequests {
			tr.want(r, http.StatusTooManyRequests, "rate-limit-exceeded")
			for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Reset", "Retry-After"} {
				if r.header.Get(name) != "" {
					tr.Errorf("the 429 has %s", name)
				}
			}
			return
		}
		got := fmt.Sprintf("%s, %s", r.header.Get("X-RateLimit-Limit"), r.header.Get("X-RateLimit-Window"))
		left := r.header.Get("X-RateLimit-Remaining")
		if r.status != http.StatusOK || got != "30, 900" || left == "" {
			tr.Fatalf("%d, limit and window %s, left %q", r.status, got, left)
		}
	}
	tr.Error("31 requests are not too many")
}
