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

// pauseAfter is how long to wait after a failure. A manager that does not answer at
// all is tried most often, which costs it nothing. A refused key pair is asked about
// rarely; a new one is tried at once by another way.
func pauseAfter(pauses *backoff.ExponentialBackOff, err error) time.Duration {
	next := pauses.NextBackOff()
	var e *backendai.Error
	if !errors.As(err, &e) {
		return next
	}
	switch {
	case e.Kind == backendai.SignIn:
		return signInWait
	case e.Kind == backendai.Limited && e.RetryAfter > 0:
		return e.RetryAfter
	case e.Kind == backendai.Limited:
		return min(next*time.Duration(firstQuiet/firstRetry), lastQuiet)
	case e.Kind == backendai.Retry && e.Status == 0:
		return max(min(next, firstRetry), next/unheard)
	}
	return next
}

// unheard is how many times as often a manager is tried that does not answer.
const unheard = 3

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
