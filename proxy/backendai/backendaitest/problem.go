package backendaitest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// A problem is an answer that refuses.
type problem struct {
	Status int
	Slug   string
	Title  string
	Msg    string
	Data   any
	Agent  any // the agent's own words
}

func (p *problem) Error() string { return p.Slug + ": " + p.Title }

func refuse(status int, slug, title string) *problem {
	return &problem{Status: status, Slug: slug, Title: title}
}

// because adds the part that differs from case to case.
func (p *problem) because(msg string) *problem {
	p.Msg = msg
	return p
}

func invalidParams(msg string) *problem {
	return refuse(http.StatusBadRequest, "invalid-api-params", "Missing or invalid API parameters.").because(msg)
}

func invalidAuthParams(msg string) *problem {
	return refuse(http.StatusBadRequest, "invalid-auth-params", "Missing or invalid authorization parameters.").because(msg)
}

func authFailed(msg string) *problem {
	return refuse(http.StatusUnauthorized, "auth-failed", "Credential/signature mismatch.").because(msg)
}

func noSuchSession() *problem {
	return refuse(http.StatusNotFound, "object-not-found", "No such session.")
}

func badRequest(msg string) *problem {
	return refuse(http.StatusBadRequest, "generic-bad-request", "Bad request.").because(msg)
}

func brokenServer(msg string) *problem {
	return refuse(http.StatusInternalServerError, "internal-server-error", "Internal server error.").because(msg)
}

func wrongMethod() *problem {
	return refuse(http.StatusMethodNotAllowed, "method-not-allowed", "HTTP Method Not Allowed.")
}

func (s *Server) writeProblem(w http.ResponseWriter, p *problem) {
	body := map[string]any{"type": "https://api.backend.ai/probs/" + p.Slug, "title": p.Title}
	if p.Msg != "" {
		body["msg"] = p.Msg
	}
	if p.Data != nil {
		body["data"] = p.Data
	}
	if p.Agent != nil {
		body["agent-details"] = p.Agent
	}
	if s.release.errorCode {
		body["error_code"] = errorCodeOf(p)
	}
	writeBody(w, p.Status, "application/problem+json", body)
}

// errorCodeOf knows the codes that were seen, and makes others up in their form.
func errorCodeOf(p *problem) string {
	switch p.Slug {
	case "not-enough-permission":
		return "permission_access_forbidden"
	case "entity-not-found", "object-not-found":
		return "session_read_not-found"
	}
	return "api_generic_" + strings.TrimPrefix(p.Slug, "generic-")
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	writeBody(w, status, "application/json; charset=utf-8", body)
}

func writeBody(w http.ResponseWriter, status int, contentType string, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // only our own maps come here
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	w.Write(text)
}
