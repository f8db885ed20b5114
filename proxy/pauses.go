package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"baissh/proxy/backendai"
)

func newPauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = firstRetry, lastRetry
	return b
}

// pauseAfter is how long to wait after a failure. A refused key pair is asked
// about rarely; a new one is tried at once by another way.
func pauseAfter(pauses *backoff.ExponentialBackOff, err error) time.Duration {
	next := pauses.NextBackOff()
	var e *backendai.Error
	if !errors.As(err, &e) {
		return next
	}
	switch {
	case e.Kind == backendai.SignIn:
		return lastRetry
	case e.Kind == backendai.Limited && e.RetryAfter > 0:
		return e.RetryAfter
	case e.Kind == backendai.Limited:
		return min(next*time.Duration(firstQuiet/firstRetry), lastQuiet)
	}
	return next
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
