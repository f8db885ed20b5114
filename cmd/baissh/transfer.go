package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"baissh/proxy/state"
	"baissh/proxy/transfer"
)

const transferHelp = `
Files are compared by size when they have arrived, and with --sums by SHA-256 too.
What is there already, of the same size and time, is not copied again; a copy that
broke off goes on where it was when the command is repeated. A connection that is
lost meanwhile is made anew.

This is right and fast on the ssh server that Backend.AI ships, where downloads by
rsync, "scp -O" and pipes are not, unless pace_downloads is on (Linux).`

func (a *app) getCmd() *cobra.Command {
	t := &transferring{app: a}
	cmd := &cobra.Command{
		Use:   "get NAME:PATH... [TARGET]",
		Short: "copy files and folders out of a session",
		Long: `Copy files and folders out of a session, into the folder TARGET or this one. If
there is no TARGET yet, it is the new name of a single file or folder. A PATH that
does not begin with "/" is in the account's home there, and may be a pattern such
as "run-1/*.pt", in quotes. NAME: alone is all of the home, and wants a TARGET.
Links to folders are left out, and said.
` + transferHelp,
		Args:              t.readGet,
		ValidArgsFunction: a.completeRemote,
		RunE:              t.run,
	}
	return t.flags(cmd)
}

func (a *app) putCmd() *cobra.Command {
	t := &transferring{app: a}
	t.Put = true
	cmd := &cobra.Command{
		Use:   "put FILE... NAME:[PATH]",
		Short: "copy files and folders into a session",
		Long: `Copy files and folders into a session, to its folder PATH or the account's home.
If there is no PATH yet, it is the new name of a single file or folder. Links to
folders are left out, and said.
` + transferHelp,
		Args: t.readPut,
		RunE: t.run,
	}
	return t.flags(cmd)
}

// transferring is a get or a put as it was asked for.
type transferring struct {
	*app
	transfer.Copy
	host          string
	asJSON, quiet bool
}

func (t *transferring) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&t.Sums, "sums", false, "compare SHA-256 sums as well as sizes")
	cmd.Flags().BoolVarP(&t.quiet, "quiet", "q", false, "show no progress")
	cmd.Flags().BoolVar(&t.asJSON, "json", false, "print what was done as JSON")
	return cmd
}

// readGet reads NAME:PATH... [TARGET].
func (t *transferring) readGet(_ *cobra.Command, args []string) error {
	t.Target = "."
	given := false
	if n := len(args); n > 1 {
		if _, _, remote := splitRemote(args[n-1]); !remote {
			t.Target, args, given = args[n-1], args[:n-1], true
		}
	}
	if len(args) == 0 {
		return errors.New("what shall be copied? give NAME:PATH")
	}
	for _, arg := range args {
		host, name, ok := splitRemote(arg)
		switch {
		case !ok:
			return fmt.Errorf("%q is not in a session: want NAME:PATH", arg)
		case !given && loose(name):
			return fmt.Errorf("all that is in %s would be strewn over this folder: give a TARGET", arg)
		case t.host != "" && host != t.host:
			return errors.New("one session at a time")
		}
		t.host = host
		t.Sources = append(t.Sources, name)
	}
	return nil
}

// loose reports whether a path is a folder without a name of its own. In a home, what
// is in it would replace .bashrc and .ssh/authorized_keys there.
func loose(name string) bool {
	base := path.Base(name)
	return base == "." || base == ".." || base == "/"
}

// readPut reads FILE... NAME:[PATH].
func (t *transferring) readPut(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return errors.New("what shall be copied, and where to? give FILE... NAME:[PATH]")
	}
	last := len(args) - 1
	host, path, ok := splitRemote(args[last])
	if !ok {
		return fmt.Errorf("%q is not in a session: want NAME:[PATH]", args[last])
	}
	t.host, t.Target, t.Sources = host, path, args[:last]
	return nil
}

// splitRemote reads NAME:PATH. As ssh's programs do, it takes a word with a slash
// before the colon for a file of this machine; on Windows C: is a drive.
func splitRemote(arg string) (host, path string, ok bool) {
	host, path, ok = strings.Cut(arg, ":")
	if !ok || host == "" || strings.ContainsAny(host, `/\`) || runtime.GOOS == "windows" && len(host) == 1 {
		return "", "", false
	}
	if path = strings.TrimPrefix(path, "~/"); path == "" {
		path = "."
	}
	return host, path, true
}

func (t *transferring) run(cmd *cobra.Command, _ []string) error {
	h, err := t.enterable(cmd.Context(), t.host)
	if err != nil {
		return err
	}
	if t.Login, err = entrance(h); err != nil {
		return err
	}
	done := t.showProgress(cmd.Context())
	started := time.Now()
	result, err := t.Copy.Run(cmd.Context())
	done()
	switch all := flat(err); {
	case err != nil && cmd.Context().Err() != nil:
		err = errInterrupted
	case len(all) > 1:
		err = severalError(all)
	}
	for _, left := range result.Left {
		t.notef("left out: %s", left)
	}
	for _, grew := range result.Grew {
		t.notef("%s grew while it was copied: the copy has what was there at first", grew)
	}
	if t.asJSON {
		return errors.Join(t.printJSON(result), err)
	}
	t.sayCopied(result, time.Since(started))
	return err
}

// A severalError is more than one failure, in one sentence.
type severalError []error

func (e severalError) Error() string {
	var words []string
	for i, err := range e {
		if i == failuresSaid {
			words = append(words, fmt.Sprintf("and %d more", len(e)-i))
			break
		}
		words = append(words, err.Error())
	}
	return strings.Join(words, "; ")
}

// failuresSaid is how many of them anybody reads.
const failuresSaid = 3

func (e severalError) Unwrap() []error { return e }

// flat are the errors that were joined.
func flat(err error) (all []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	for _, e := range joined.Unwrap() {
		all = append(all, flat(e)...)
	}
	return all
}

// enterable is a host that ssh can log in to, after waiting a little for one that starts.
func (a *app) enterable(ctx context.Context, word string) (state.Host, error) {
	c, err := a.client()
	if err != nil {
		return state.Host{}, err
	}
	defer c.Close()
	s, err := c.Status(ctx, 0)
	if err != nil {
		return state.Host{}, a.orNotSignedIn(err)
	}
	h, ok := s.Host(word)
	if !ok {
		return h, state.Unknown(word)
	}
	if h, err = settled(ctx, c, h); err != nil {
		return h, err
	}
	if h.State != state.Ready {
		return h, &state.Problem{Code: state.SessionNotReady, Fact: notReadyWords(h), Hint: h.Hint}
	}
	return h, nil
}

func notReadyWords(h state.Host) string {
	if h.Reason != "" {
		return h.Reason
	}
	return fmt.Sprintf("session %s is %s", h.Name, h.State)
}

// completeRemote offers "ALIAS:".
func (a *app) completeRemote(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(word, ":") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	hosts, _ := a.completeHosts(cmd, nil, word)
	for i, h := range hosts {
		alias, name, _ := strings.Cut(h, "\t")
		hosts[i] = alias + ":\t" + name
	}
	return hosts, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
