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
	{name: "hello/names the release to anybody", holds: "manager api", is: func(tr *trial) {
		want := since[string]{
			"22.03": "v6.20220615", "23.03": "v7.20230615", "24.03": "v8.20240315", "24.09": "v8.20240915", "25.15": "v9.20250722",
		}.at(tr)
		var hello backendai.Hello
		r := tr.send(tr.request("GET", "/", ""))
		err := json.Unmarshal(r.body, &hello)
		if err != nil || !strings.HasPrefix(hello.Release+".", tr.Release()+".") || hello.API != want {
			tr.Errorf("hello is %d %s, %v", r.status, r.body, err)
		}
	}},
	{name: "hello/proves nothing about the key pair", is: func(tr *trial) {
		req := tr.request("GET", "/", "")
		backendai.Sign(backendai.KeyPair{AccessKey: "AKIANOBODY", SecretKey: "wrong"}, req, time.Now())
		tr.want(tr.send(req), good)
	}},
	{name: "hello/every answer tells the time", is: func(tr *trial) {
		for _, r := range []reply{tr.send(tr.request("GET", "/", "")), tr.send(tr.request("GET", probe, ""))} {
			date, err := http.ParseTime(r.header.Get("Date"))
			if off := time.Since(date); err != nil || off.Abs() > time.Minute {
				tr.Errorf("Date: %q, %v", r.header.Get("Date"), err)
			}
		}
	}},
	{name: "hello/an address nobody knows is 404", holds: "errorCode", is: func(tr *trial) {
		r := tr.ask(site.Alice, "GET", "/nonsense", "")
		tr.want(r, answer{http.StatusNotFound, "url-not-found"})
		if got, want := strings.Contains(string(r.body), `"error_code"`), tr.from("25.15"); got != want {
			tr.Errorf("it has an error_code: %t, want %t", got, want)
		}
	}},
	{name: "hello/a wrong method is 405", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "POST", "/events/session", ""), wrongMethod)
	}},
}

var keyPairBehaviours = []behaviour{
	{name: "key pair/a good signature", is: func(tr *trial) {
		tr.want(tr.ask(site.Alice, "GET", probe, ""), good)
	}},
	{name: "key pair/a wrong signature is 401", is: func(tr *trial) {
		keys := tr.keys(site.Alice)
		keys.SecretKey += "x"
		req := tr.request("GET", probe, "")
		backendai.Sign(keys, req, time.Now())
		tr.want(tr.send(req), notSignedIn)
	}},
	{name: "key pair/an unknown access key is 401", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		backendai.Sign(backendai.KeyPair{AccessKey: "AKIANOBODY0000000001", SecretKey: "x"}, req, time.Now())
		tr.want(tr.send(req), notSignedIn)
	}},
	{name: "key pair/what a user's second one reaches", holds: "secondKey", is: func(tr *trial) {
		want := since[[3]answer]{ // itself, below /session, below /stream
			"22.03": {good, noSession, noSession}, "23.09.10": {notSignedIn, notSignedIn, notSignedIn},
			"25.15": {good, noSession, noSession}, "26.4": {good, noSession, good}, "26.9": {good, good, good},
		}.at(tr)
		id := tr.session().ID()
		for i, target := range []string{probe, "/session/" + id, "/stream/session/" + id + "/apps"} {
			tr.want(tr.ask(site.Alice2, "GET", target, ""), want[i])
		}
	}},
	{name: "key pair/a date 14 minutes off is good", is: func(tr *trial) {
		for _, off := range []time.Duration{-14 * time.Minute, 14 * time.Minute} {
			tr.want(tr.askAt(off), good)
		}
	}},
	{name: "key pair/a date 16 minutes off is 400", is: func(tr *trial) {
		for _, off := range []time.Duration{-16 * time.Minute, 16 * time.Minute} {
			tr.want(tr.askAt(off), answer{http.StatusBadRequest, "invalid-auth-params"})
		}
	}},
	{name: "key pair/a date in another zone is good", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		backendai.Sign(tr.keys(site.Alice), req, time.Now().In(time.FixedZone("KST", 9*3600)))
		tr.want(tr.send(req), good)
	}},
	{name: "key pair/none is 400, and with a date 401", is: func(tr *trial) {
		req := tr.request("GET", probe, "")
		tr.want(tr.send(req), answer{http.StatusBadRequest, "invalid-auth-params"})
		req = tr.request("GET", probe, "")
		req.Header.Set("Date", time.Now().Format(time.RFC3339))
		tr.want(tr.send(req), notSignedIn)
	}},
	{name: "key pair/a newer version of the API is 400", holds: "api", is: func(tr *trial) {
		newer := since[string]{
			"22.03": "v6.20230315", "23.03": "v8.20240315", "24.03": "v8.20240915", "24.09": "v9.20250722", "25.15": "v9.20990101",
		}.at(tr)
		req := tr.request("GET", probe, "")
		backendai.Sign(tr.keys(site.Alice), req, time.Now())
		req.Header.Set("X-BackendAI-Version", newer)
		tr.want(tr.send(req), badRequest)
	}},
	{name: "key pair/a limit is shown, and then is 429", holds: "rateLimitToUser", is: wantRateLimit},
	{name: "key pair/the public ssh key is told, null or nothing if there is none", holds: "noKeyIsEmpty", is: func(tr *trial) {
		none := since[string]{"22.03": `null`, "26.9": `""`}.at(tr)
		for who, want := range map[site.User]string{site.Alice: `"ssh-rsa `, site.Bob: none} {
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

// wantRateLimit asks until it is too much. Some of it may have been asked before. Up to
// 26.8 only good answers tell of the limit, and none of its end.
func wantRateLimit(tr *trial) {
	for asked := 0; asked <= 30; asked++ {
		r := tr.ask(site.Dave, "GET", probe, "")
		got := fmt.Sprintf("%s, %s", r.header.Get("X-RateLimit-Limit"), r.header.Get("X-RateLimit-Window"))
		if shown := got == "30, 900" && r.header.Get("X-RateLimit-Remaining") != ""; shown != (r.status == http.StatusOK || tr.from("26.9")) {
			tr.Fatalf("%d, limit and window %s", r.status, got)
		}
		if reset := r.header.Get("X-RateLimit-Reset"); (reset != "") != tr.from("26.9") || r.header.Get("Retry-After") != "" {
			tr.Fatalf("%d, it ends in %q", r.status, reset)
		}
		if r.status == http.StatusTooManyRequests {
			tr.want(r, answer{http.StatusTooManyRequests, "rate-limit-exceeded"})
			return
		}
	}
	tr.Error("31 requests are not too many")
}
