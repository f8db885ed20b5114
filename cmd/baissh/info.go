package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"baissh/proxy/folders"
	"baissh/proxy/state"
)

func (a *app) infoCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "info NAME",
		Short:             "show all there is to know about one host",
		Long:              `NAME is an alias, a session's name or its id.`,
		Args:              oneName,
		ValidArgsFunction: a.completeHosts,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.snapshot(cmd.Context())
			if err != nil {
				return err
			}
			h, ok := s.Host(args[0])
			if !ok {
				return state.Unknown(args[0])
			}
			if asJSON {
				return a.printJSON(h)
			}
			return a.showInfo(h, s.SSHIncluded())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) printJSON(v any) error { return json.NewEncoder(a.out).Encode(v) }

func (a *app) showInfo(h state.Host, included bool) error {
	home, err := a.home()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	row("session", h.Name+" ("+h.SessionID+")")
	row("image", h.Image)
	row("profile", h.Profile)
	row("state", string(h.State))
	row("reason", h.Reason)
	row("hint", h.Hint)
	if h.Idle != nil {
		row("idle", idleWords(h, time.Now()))
	}
	if h.Cut != nil {
		row("note", cutWords(h.Cut))
	}
	if h.Refusal != nil {
		row("note", refusalWords(h.Refusal))
	}
	if h.Port != 0 {
		row("address", fmt.Sprintf("127.0.0.1 port %d, account %s", h.Port, h.Account))
	}
	row("key", h.IdentityFile)
	row("host key", fingerprint(h.HostKey))
	if h.State == state.Ready {
		row("shell", sshCommand(home, "ssh", h.Alias, included))
		row("files", sshCommand(home, "sftp", h.Alias, included))
		row("large files", "baissh get"+a.flag()+" "+h.Alias+":PATH") // whatever the ssh server makes of the others
	}
	return t.Flush()
}

// fingerprint shows a key as ssh-keygen -l does.
func fingerprint(hostKey string) string {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(hostKey))
	if err != nil {
		return ""
	}
	return key.Type() + " " + ssh.FingerprintSHA256(key)
}

// sshCommand is what to type. Where ssh's own config does not lead to the hosts, or is
// not read because the home is no account's, ours is named.
func sshCommand(home folders.Home, program, alias string, included bool) string {
	if home.Tilde && included {
		return program + " " + alias
	}
	return fmt.Sprintf("%s -F %s/bai/config %s", program, home.SSH(), alias)
}
