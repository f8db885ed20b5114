package backendai

import (
	"context"
	"encoding/binary"
	"io"
	"sync"
)

// pings are the ones that are not answered yet.
type pings struct {
	lock    sync.Mutex // guards what follows
	last    uint64
	waiting map[uint64]chan struct{}
}

// Ping asks the server for a sign of life and returns when it came. It needs a
// concurrent reader, since the answer arrives in between the data. It may outstay
// ctx while the server takes nothing at all, by some minutes at most.
func (c *Conn) Ping(ctx context.Context) error {
	number, answered := c.pings.expect()
	defer c.pings.forget(number)
	c.out.control(opPing, binary.BigEndian.AppendUint64(nil, number))
	select {
	case <-answered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ended:
		return c.end
	case <-c.hungUp:
		return io.EOF
	}
}

// hearControl answers the server's pings and takes its answers to ours.
func (c *Conn) hearControl(op opcode, payload []byte) {
	if op == opPing {
		c.out.control(opPong, payload)
	} else if len(payload) == 8 { // others are none of ours, and are allowed
		c.pings.answer(binary.BigEndian.Uint64(payload))
	}
}

func (p *pings) expect() (number uint64, answered <-chan struct{}) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.waiting == nil {
		p.waiting = map[uint64]chan struct{}{}
	}
	p.last++
	c := make(chan struct{})
	p.waiting[p.last] = c
	return p.last, c
}

func (p *pings) forget(number uint64) {
	p.lock.Lock()
	defer p.lock.Unlock()
	delete(p.waiting, number)
}

func (p *pings) answer(number uint64) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if c, ok := p.waiting[number]; ok {
		close(c)
		delete(p.waiting, number)
	}
}
