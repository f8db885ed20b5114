package backendaitest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// sessionInfo is about one session, and tells neither its id nor its apps.
func (c *call) sessionInfo() *problem {
	e, p := c.findForSession()
	if p != nil {
		return p
	}
	c.server.mu.Lock()
	info := map[string]any{
		"domainName": "default", "groupId": e.owner.owner.id, "userId": e.owner.owner.id,
		"lang": e.spec.Image, "image": e.spec.Image, "architecture": "x86_64", "registry": "cr.backend.ai", "tag": nil,
		"containerId": e.kernels[0].containerID, "occupiedSlots": "{}", "environ": "[]", "resourceOpts": "{}",
		"status": e.status, "statusInfo": e.info(), "statusData": nil,
		"age": time.Since(e.created).Milliseconds(), "creationTime": timeText(e.created), "terminationTime": timeText(e.ended),
		"numQueriesExecuted": e.downloads, "lastStat": nil,
	}
	c.server.mu.Unlock()
	writeJSON(c.w, http.StatusOK, info)
	return nil
}

// apps answers from the list; newer releases do not know sessions on their way.
func (c *call) apps() *problem {
	e, p := c.findForStream()
	if p != nil {
		return p
	}
	c.server.mu.Lock()
	list := []map[string]any{}
	if e.servicePorts() != nil {
		for _, a := range e.listedApps() {
			list = append(list, map[string]any{"name": a.Name, "protocol": a.Protocol, "ports": a.ContainerPorts})
		}
	}
	c.server.mu.Unlock()
	writeJSON(c.w, http.StatusOK, list)
	return nil
}

// createSession creates a session that goes on to RUNNING by itself.
func (c *call) createSession() *problem {
	var params struct {
		Name  string `json:"name"`
		Token string `json:"clientSessionToken"`
		Type  string `json:"type"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&params); err != nil {
		return invalidParams("the body is not JSON")
	}
	orElse(&params.Name, params.Token)
	orElse(&params.Type, "interactive")
	e, err := c.server.CreateSession(SessionSpec{
		Name: params.Name, Type: strings.ToUpper(params.Type), Status: "PENDING", AccessKey: c.who.access,
	})
	switch {
	case errors.Is(err, errNameTaken):
		return refuse(http.StatusBadRequest, "session-already-exists", "The session already exists.")
	case err != nil:
		return brokenServer(err.Error())
	}
	c.server.start(func() { _ = e.Run() }) // one that was ended meanwhile does not run
	writeJSON(c.w, http.StatusCreated, map[string]any{
		"sessionId": e.id, "sessionName": e.Name(), "status": "PENDING", "servicePorts": []any{}, "created": true,
	})
	return nil
}

func (c *call) restartSession() *problem {
	e, p := c.findForSession()
	switch {
	case p != nil:
		return p
	case c.server.release.restartRefused:
		return refuse(http.StatusNotImplemented, "not-implemented", "Not implemented.")
	}
	if err := e.Restart(); err != nil {
		return brokenServer(err.Error())
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) endSession() *problem {
	e, p := c.findForSession()
	if p != nil {
		return p
	}
	e.End()
	writeJSON(c.w, http.StatusOK, map[string]any{"stats": map[string]string{"status": strings.ToLower(e.Status())}})
	return nil
}

// renameSession takes the name in the query too, up to some release.
func (c *call) renameSession() *problem {
	e, p := c.findForSession()
	if p != nil {
		return p
	}
	var body struct {
		Name string `json:"name"`
	}
	_ = json.NewDecoder(c.r.Body).Decode(&body) // there may be none
	if !c.server.release.renameByBody {
		orElse(&body.Name, c.r.URL.Query().Get("name"))
	}
	if body.Name == "" {
		return invalidParams("name: is required")
	}
	if e.Rename(body.Name) != nil {
		return c.server.release.names.refusal(body.Name)
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
