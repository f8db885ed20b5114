package main

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"baissh/proxy/transfer"
)

// showProgress draws a line on a terminal while files are copied, until done.
func (t *transferring) showProgress(ctx context.Context) (done func()) {
	if t.quiet || t.asJSON || !isTerminal(t.err) {
		return func() {}
	}
	var mu sync.Mutex // guards now
	var now transfer.Progress
	t.Report = func(p transfer.Progress) { mu.Lock(); now = p; mu.Unlock() }
	ctx, cancel := context.WithCancel(ctx)
	bar := t.newBar()
	var drawing sync.WaitGroup
	drawing.Go(func() {
		defer bar.Clear()
		for tick := time.Tick(100 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
			}
			mu.Lock()
			p := now
			mu.Unlock()
			draw(bar, p)
		}
	})
	return func() { cancel(); drawing.Wait() }
}

func (t *transferring) newBar() *progressbar.ProgressBar {
	return progressbar.NewOptions64(-1, progressbar.OptionSetWriter(t.err), progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionUseIECUnits(true))
}

func draw(bar *progressbar.ProgressBar, p transfer.Progress) {
	if p.Bytes == 0 {
		return // it is not known yet
	}
	bar.ChangeMax64(p.Bytes)
	bar.Describe(filesWords(p))
	bar.Set64(p.BytesDone)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
