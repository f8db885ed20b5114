package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// output runs a program of the system's. What it complains of is the error.
func output(ctx context.Context, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "SYSTEMD_COLORS=0")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if said := strings.Join(strings.Fields(complaint.String()), " "); err != nil && said != "" {
		err = errors.New(said)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", program, err)
	}
	return out.String(), nil
}
