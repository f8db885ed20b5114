package tunnel

import (
	"bytes"
	"context"
	"io"
	"strings"

	"baissh/proxy/pace"
)

// pacer writes to the client what the far side, which began with first, has to say.
func (c *connection) pacer(ctx context.Context, first []byte) *pace.Writer {
	server := c.greeting
	if server == "" {
		line, _, _ := bytes.Cut(first, []byte("\n"))
		server = strings.TrimRight(string(line), "\r")
	}
	if c.tunnel.Paced == nil || !c.tunnel.Paced() {
		server = ""
	}
	p := pace.New(ctx, c.local, server)
	p.Hear(c.begun)
	c.begun = nil
	return p
}

// flush waits for a client that has not taken all yet.
func (d down) flush(p *pace.Writer) {
	d.v.came(0)
	p.Flush()
	d.v.taken()
}

// overheard is an io.Writer to the far side that the pacer listens to.
type overheard struct {
	io.Writer
	pacer *pace.Writer
}

func (o overheard) Write(p []byte) (int, error) {
	o.pacer.Hear(p)
	return o.Writer.Write(p)
}
