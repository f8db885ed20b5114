package install

import (
	"context"
	"io"
)

// Logs shows the last lines of what the user's engine has logged, and with follow
// goes on.
func (s *Service) Logs(ctx context.Context, out io.Writer, lines int, follow bool) error {
	return tail(ctx, out, s.Home.LogFile(), lines, follow)
}
