package backendaitest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// spoilBody writes a good body badly. It is the whole body: our handlers write
// those that can be spoiled in one piece.
func (c *call) spoilBody(fault Fault, w http.ResponseWriter, status int, body []byte) {
	switch fault.Kind {
	case TruncatedBody:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case HalfBody:
		w.WriteHeader(status)
		w.Write(body[:len(body)/2])
	case EndlessBody:
		w.WriteHeader(status)
		c.writeEndlessly(w, body)
	case SlowBody:
		w.WriteHeader(status)
		c.writeSlowly(w, body, fault.Delay)
	case WrongTypes:
		w.WriteHeader(status)
		w.Write(otherTypes(body))
	}
}

// writeEndlessly puts blanks after the first byte, where JSON may have them.
func (c *call) writeEndlessly(w http.ResponseWriter, body []byte) {
	w.Write(body[:min(1, len(body))])
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for c.r.Context().Err() == nil {
		if _, err := w.Write(blanks); err != nil {
			return
		}
	}
}

func (c *call) writeSlowly(w http.ResponseWriter, body []byte, delay time.Duration) {
	orElse(&delay, 100*time.Millisecond)
	tick := time.NewTicker(delay)
	defer tick.Stop()
	for i := range body {
		w.Write(body[i : i+1])
		http.NewResponseController(w).Flush()
		select {
		case <-tick.C:
		case <-c.r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
}

// otherTypes makes numbers of texts, texts of numbers, and objects of arrays.
func otherTypes(body []byte) []byte {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return []byte("[0]")
	}
	text, err := json.Marshal(otherType(value))
	if err != nil {
		return []byte("[0]")
	}
	return text
}

func otherType(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = otherType(inner)
		}
		return v
	case []any:
		return map[string]any{"0": v}
	case string:
		return len(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return []any{value}
}
