package supervise

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
)

// AskControl is the control code by which a user says that there is a reason to
// start an engine that was given up. Windows lets every user who sits at the
// machine send codes of this kind, and no other, to a service.
const AskControl = 128

const accepted = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown | svc.AcceptSessionChange

// Run supervises until the service control manager ends it. It fails where that
// did not start the process.
func Run(name string) error {
	return svc.Run(name, &service{log: eventLog(name)})
}

type service struct{ log *slog.Logger }

// Execute translates what the service control manager says for a Keeper.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	changed, ask := make(chan struct{}, 1), make(chan struct{}, 1)
	keeper := &Keeper{Sessions: sessions, Start: start, Log: s.log, Changed: changed, Ask: ask}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopped := make(chan struct{})
	go func() { defer close(stopped); keeper.Run(ctx) }()
	status <- svc.Status{State: svc.Running, Accepts: accepted}
	for r := range requests {
		switch r.Cmd {
		case svc.Interrogate:
			status <- r.CurrentStatus
		case svc.SessionChange:
			tell(changed)
		case AskControl:
			tell(ask)
		case svc.Stop, svc.Shutdown, svc.PreShutdown:
			status <- svc.Status{State: svc.StopPending, WaitHint: uint32(2 * stopLimit.Milliseconds())}
			stop()
			<-stopped
			return false, 0
		}
	}
	return false, 0
}

// tell does not wait: one message that waits is as good as two.
func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// eventLog is where a service without a console says what went wrong.
func eventLog(name string) *slog.Logger {
	log, err := eventlog.Open(name)
	if err != nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(eventWriter{log}, nil))
}

type eventWriter struct{ log *eventlog.Log }

func (w eventWriter) Write(line []byte) (int, error) {
	if err := w.log.Warning(1, string(line)); err != nil {
		return 0, fmt.Errorf("write to the event log: %w", err)
	}
	return len(line), nil
}
