// A service that does nothing but run and stop, with the words that the installer
// starts ours with.
package main

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/windows/svc"
)

var release = ""

type idle struct{}

func (idle) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (bool, uint32) {
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop}
	for r := range requests {
		if r.Cmd == svc.Stop {
			status <- svc.Status{State: svc.StopPending}
			return false, 0
		}
		status <- r.CurrentStatus
	}
	return false, 0
}

func main() {
	switch {
	case slices.Equal(os.Args[1:], []string{"version"}):
		fmt.Println("baissh", release)
	case slices.Equal(os.Args[1:], []string{"service", "supervise"}):
		if err := svc.Run("baissh", idle{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(2)
	}
}
