package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"baissh/proxy/settings"
	"baissh/proxy/sshconfig"
	"baissh/proxy/state"
	"baissh/svc/control"
)

func (a *app) statusCmd() *cobra.Command {
	var watch, asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show every session, its alias and its state",
		Long: `Show every session with its alias, state and port, or the reason why not.

With --json the whole state is printed as one JSON object; together with
--watch, one object a line for every change.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show := a.showTable
			if asJSON {
				show = a.showJSON
			}
			if watch {
				return a.watchStatus(cmd.Context(), show)
			}
			s, err := a.snapshot(cmd.Context())
			if err != nil {
				return err
			}
			return show(s)
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on showing every change, until Ctrl-C")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// client connects to the engine of this home.
func (a *app) client() (*control.Client, error) {
	home, err := a.home()
	if err != nil {
		return nil, err
	}
	return control.NewClient(home.Socket()), nil
}

func (a *app) snapshot(ctx context.Context) (*state.Snapshot, error) {
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	s, err := c.Status(ctx, 0)
	return s, a.orNotSignedIn(err)
}

// orNotSignedIn prefers to say that there is nothing to run for yet.
func (a *app) orNotSignedIn(err error) error {
	home, homeErr := a.home()
	if !errors.Is(err, control.ErrNoEngine) || homeErr != nil {
		return err
	}
	if _, none := settings.Load(home); errors.Is(none, settings.ErrNone) {
		return none
	}
	return err
}

func (a *app) watchStatus(ctx context.Context, show func(*state.Snapshot) error) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	defer c.Close()
	for index := uint64(0); ; {
		s, err := c.Status(ctx, index)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return a.orNotSignedIn(err)
		}
		if s.Index == index {
			continue
		}
		index = s.Index
		a.newPage()
		if err := show(s); err != nil {
			return err
		}
	}
}

// newPage begins a new page on a terminal; elsewhere pages follow each other.
func (a *app) newPage() {
	if f, ok := a.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(a.out, "\033[H\033[2J")
	}
}

func (a *app) showJSON(s *state.Snapshot) error {
	return json.NewEncoder(a.out).Encode(s)
}

func (a *app) showTable(s *state.Snapshot) error {
	for _, p := range s.Profiles {
		a.showTrouble("profile "+p.Name, p.State, "connected", p.Reason, p.Hint)
		a.sayLoginEnds(p)
	}
	for _, w := range s.Writers {
		if w.State == "off" && w.Name != sshconfig.WriterName {
			continue // what is not here, or not wanted, is nobody's trouble
		}
		a.showTrouble(w.Name, w.State, "written", w.Reason, w.Hint)
	}
	a.noteOtherRelease(s.Version)
	for _, n := range s.Notices {
		a.printf("note: %s\n", n)
	}
	if len(s.Hosts) == 0 {
		a.printf("no sessions\n")
		return nil
	}
	return hostTable(a.out, s.Hosts)
}

// showTrouble prints a line only for what is not as it should be, or says more.
func (a *app) showTrouble(who, is, should, reason, hint string) {
	if is == should && reason == "" {
		return
	}
	if is == should { // good, but for what there is to know
		a.printf("%s", who)
	} else {
		a.printf("%s: %s", who, is)
	}
	if reason != "" {
		a.printf(": %s", reason)
	}
	if hint != "" {
		a.printf("; %s", hint)
	}
	a.printf("\n")
}

func hostTable(w io.Writer, hosts []state.Host) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ALIAS\tSTATE\tPORT\tOPEN\tSESSION")
	for _, h := range hosts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", dash(h.Alias), h.State, number(h.Port), number(h.Connections), sessionNote(h))
	}
	return t.Flush()
}

func sessionNote(h state.Host) string {
	note := h.Name
	if h.Reason != "" && h.State != state.Disabled {
		note += ": " + h.Reason
		if h.Hint != "" {
			note += "; " + h.Hint
		}
	}
	if h.Idle != nil && time.Until(h.Idle.Until) < idleNews {
		note += ": " + idleWords(h, time.Now())
	}
	if h.Cut != nil && time.Since(h.Cut.Time) < cutNews && h.State != state.Over {
		note += ": " + cutWords(h.Cut)
	}
	if h.Refusal != nil && time.Since(h.Refusal.Time) < cutNews && h.State == state.Ready {
		note += ": " + refusalWords(h.Refusal)
	}
	return note
}

// idleNews is how long before its end by an idle check a session gets a word in status.
const idleNews = time.Hour

// cutNews is how long it is worth a word in status that connections were ended, or did
// not come about.
const cutNews = 10 * time.Minute

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}
