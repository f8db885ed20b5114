package backendaitest

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
)

// download answers with one part a file, each a tar with that file.
func (c *call) download() *problem {
	name, p := c.wantedFile(c.server.release.download, "files")
	if p != nil {
		return p
	}
	body, p := c.readFile(name)
	if p != nil {
		return p
	}
	var reply bytes.Buffer
	parts := multipart.NewWriter(&reply)
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"application/octet-stream"}, "Content-Encoding": {"identity"},
	})
	if err != nil {
		return brokenServer(err.Error())
	}
	part.Write(tarOf(name, body))
	parts.Close()
	c.w.Header().Set("Content-Type", "multipart/mixed; boundary="+parts.Boundary())
	c.w.Write(reply.Bytes())
	return nil
}

// downloadSingle answers with the file itself, or a tar of it in old releases.
func (c *call) downloadSingle() *problem {
	name, p := c.wantedFile(c.server.release.downloadSingle, "file")
	if p != nil {
		return p
	}
	body, p := c.readFile(name)
	if p != nil {
		return p
	}
	e, _ := c.findForSession()
	if c.server.release.singleIsTar || e != nil && e.spec.Key == KeyTar {
		body = tarOf(name, body)
	}
	c.w.Header().Set("Content-Type", "application/octet-stream")
	c.w.Write(body)
	return nil
}

// wantedFile finds the parameter where the release expects it.
func (c *call) wantedFile(form fileForm, key string) (name string, p *problem) {
	post := c.r.Method == http.MethodPost
	switch {
	case form == postBody && !post:
		return "", refuse(http.StatusBadRequest, "deprecated", "This API is deprecated.")
	case form == postQueryOnly && !post, form <= getQuery && post:
		return "", wrongMethod()
	}
	takesBody := form == getQueryOrBody || form == postBody
	if body, _ := io.ReadAll(c.r.Body); takesBody && len(body) > 0 { // then the query is not looked at
		name = fileInBody(body, key)
	} else {
		query := c.r.URL.Query()
		if p := c.checkQuery(query, key); p != nil {
			return "", p
		}
		name = query.Get(key)
	}
	if name == "" {
		return "", invalidParams(key + ": is required")
	}
	return name, nil
}

func fileInBody(text []byte, key string) string {
	var body map[string]any
	if json.Unmarshal(text, &body) != nil {
		return ""
	}
	switch value := body[key].(type) {
	case string:
		return value
	case []any:
		if len(value) > 0 {
			name, _ := value[0].(string)
			return name
		}
	}
	return ""
}

// readFile reads a file of the session's home, or fails as its agent does.
func (c *call) readFile(name string) ([]byte, *problem) {
	e, p := c.findForSession()
	if p != nil {
		return nil, p
	}
	e.change(func() { e.downloads++ })
	if name == "id_container" {
		if key := e.Key(); key != nil && locked(e, e.isUp) {
			return key, nil
		}
		return nil, c.noFile(name)
	}
	home, err := os.OpenRoot(e.Folder())
	if err != nil {
		return nil, c.noFile(name)
	}
	defer home.Close()
	body, err := home.ReadFile(filepath.FromSlash(strings.TrimPrefix(name, "/home/work/")))
	if err != nil || len(body) > maxDownload {
		return nil, c.noFile(name)
	}
	return body, nil
}

// maxDownload is the agent's limit, in bytes.
const maxDownload = 1 << 20

func (c *call) noFile(name string) *problem {
	if !c.server.release.agentDetails {
		return brokenServer("")
	}
	p := refuse(http.StatusInternalServerError, "kernel-execution-failed", "Executing user code in the kernel has failed.")
	p.Agent = map[string]string{
		"type": "https://api.backend.ai/probs/agent-failure", "title": "Agent-side exception occurred.",
		"exception": "FileNotFoundError('" + name + "')",
	}
	return p
}

func tarOf(name string, body []byte) []byte {
	var file bytes.Buffer
	w := tar.NewWriter(&file)
	err := w.WriteHeader(&tar.Header{Name: filepath.Base(name), Mode: 0o600, Size: int64(len(body)), Format: tar.FormatUSTAR})
	if err != nil {
		panic(err) // a short name and a size
	}
	w.Write(body)
	w.Close()
	return file.Bytes()
}
