package backendai_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"baissh/proxy/backendai"
	"baissh/proxy/backendai/backendaitest/site"
)

// A rawStream is what a stream of events says, as it comes.
type rawStream struct {
	*trial
	lock  sync.Mutex
	lines []string
}

// stream opens one with a query of the test's, or returns the refusal.
func (tr *trial) stream(query string) (*rawStream, reply) {
	tr.Helper()
	req := tr.request(http.MethodGet, "/events/session"+query, "")
	backendai.Sign(tr.keys(site.Alice), req, time.Now())
	resp, err := http.DefaultTransport.RoundTrip(req)
	tr.must(err)
	if resp.StatusCode != http.StatusOK {
		return nil, tr.read(resp)
	}
	r := &rawStream{trial: tr}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			r.lock.Lock()
			r.lines = append(r.lines, lines.Text())
			r.lock.Unlock()
		}
	}()
	tr.Cleanup(func() { resp.Body.Close(); <-read })
	return r, reply{status: resp.StatusCode}
}

// dataOf is what came with a session's events of a name.
func (r *rawStream) dataOf(s site.Session, name string) (data []string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for i, line := range r.lines {
		if line == "event: "+name && i+1 < len(r.lines) && strings.Contains(r.lines[i+1], s.ID()) {
			data = append(data, strings.TrimPrefix(r.lines[i+1], "data: "))
		}
	}
	return data
}

func (r *rawStream) tellsOfEnd(s site.Session) bool {
	return len(r.dataOf(s, "session_terminated")) > 0
}

var streamBehaviours = []behaviour{
	{name: "stream/what an event carries", holds: "events.compact events.exitCode events.kernelID", is: func(tr *trial) {
		r, _ := tr.stream("")
		s := tr.create(site.Spec{})
		kernel := tr.row(s).Containers[0].ID
		tr.must(s.End())
		tr.eventually("it ended", func() bool { return r.tellsOfEnd(s) })
		want := fmt.Sprintf(`{"reason": "user-requested", "sessionName": %q, "ownerAccessKey": %q, "sessionId": %q`,
			s.Name(), tr.keys(site.Alice).AccessKey, s.ID())
		want += since[string]{
			"22.03": `}`, "22.09": `, "exitCode": null}`, "23.09.10": `, "exitCode": null, "kernelId": "` + kernel + `"}`,
			"23.09.11": `, "exitCode": null}`,
		}.at(tr)
		if tr.from("26.9") {
			want = strings.NewReplacer(": ", ":", ", ", ",").Replace(want)
		}
		if got := r.dataOf(s, "session_terminated")[0]; got != want {
			tr.Errorf("it is %s,\nwant  %s", got, want)
		}
	}},
	{name: "stream/an unknown parameter is 400, and of late nothing", holds: "strictQuery", is: func(tr *trial) {
		if r, refusal := tr.stream("?since=1"); (r != nil) != tr.from("26.4") {
			tr.want(refusal, wrongParams)
		}
	}},
	{name: "stream/of a name that nothing has is silent, and of late 404", holds: "events.wantsLiveSession", is: func(tr *trial) {
		if r, refusal := tr.stream("?sessionName=nothing-has-it"); (r == nil) != tr.from("25.15") || r == nil && (answer{refusal.status, refusal.slug}) != noEntity {
			tr.Errorf("it is %d %s", refusal.status, refusal.slug)
		}
	}},
	{name: "stream/of one session by its id or name, but of late some filters are none", holds: "events.ignoresSession queryAliases", is: func(tr *trial) {
		a, b := tr.create(site.Spec{}), tr.create(site.Spec{})
		others := map[string]bool{
			"?sessionName=" + a.Name(): false, "?name=" + a.Name(): tr.from("26.4"), "?sessionId=" + a.ID(): tr.from("25.15"),
		}
		streams := map[string]*rawStream{}
		for query := range others {
			r, refusal := tr.stream(query)
			if r == nil {
				tr.Fatalf("%s: %d %s", query, refusal.status, refusal.slug)
			}
			streams[query] = r
		}
		tr.must(b.End())
		tr.must(a.End())
		for query, want := range others {
			tr.eventually("the end of "+query, func() bool { return streams[query].tellsOfEnd(a) })
			if heard := streams[query].tellsOfEnd(b); heard != want {
				tr.Errorf("%s: it tells of another: %t, want %t", query, heard, want)
			}
		}
	}},
}
