package windows

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Build writes the MSI. The same package gives the same bytes.
func (p Package) Build(ctx context.Context, msi string) error {
	msi, err := filepath.Abs(msi)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "baissh-msi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := p.gather(work); err != nil {
		return err
	}
	// wixl finds files only below where it runs.
	if _, err := output(ctx, work, "wixl", "--arch", "x64", "--output", msi, sourceName); err != nil {
		return err
	}
	return p.finish(ctx, work, msi)
}

const (
	sourceName = "product.wxs"
	iconName   = "product.ico"
)

// gather puts all that wixl reads into one folder, with the time that the
// cabinet is to say.
func (p Package) gather(work string) error {
	source, err := p.source()
	if err != nil {
		return fmt.Errorf("fill in %s: %w", sourceName, err)
	}
	if err := os.WriteFile(filepath.Join(work, sourceName), source, 0o644); err != nil {
		return err
	}
	if err := copyFile(p.Icon, filepath.Join(work, iconName)); err != nil {
		return err
	}
	for _, name := range p.fileNames() {
		to := filepath.Join(work, name)
		if err := copyFile(filepath.Join(p.Dir, name), to); err != nil {
			return err
		}
		if err := os.Chtimes(to, p.Made, p.Made); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// finish adds what wixl leaves out.
func (p Package) finish(ctx context.Context, work, msi string) error {
	args := []string{msi}
	for _, t := range p.tables() {
		file := filepath.Join(work, t.name+".idt")
		if err := os.WriteFile(file, []byte(t.text()), 0o644); err != nil {
			return err
		}
		args = append(args, "-i", file)
	}
	summary, err := p.summary(ctx, work, msi)
	if err != nil {
		return err
	}
	args = append(args, "-i", summary)
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		action := actions[name]
		args = append(args, "-q", fmt.Sprintf("INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('%s', '%s', %d)",
			name, action.condition, action.at))
	}
	_, err = output(ctx, work, "msibuild", args...)
	return err
}

// Properties of the summary, in which wixl puts the time and a number at random.
const (
	packageCode = "9"
	created     = "12"
	saved       = "13"
)

// summary writes the table of that name as it is to be.
func (p Package) summary(ctx context.Context, work, msi string) (string, error) {
	text, err := output(ctx, work, "msiinfo", "export", msi, "_SummaryInformation")
	if err != nil {
		return "", err
	}
	code, err := p.packageCode(work)
	if err != nil {
		return "", err
	}
	when := p.Made.UTC().Format("2006/01/02 15:04:05")
	set := map[string]string{packageCode: guid(code), created: when, saved: when}
	lines := strings.Split(string(text), "\r\n")
	for i, line := range lines {
		key, _, _ := strings.Cut(line, "\t")
		if value, ok := set[key]; ok {
			lines[i] = key + "\t" + value
		}
	}
	file := filepath.Join(work, "_SummaryInformation.idt")
	return file, os.WriteFile(file, []byte(strings.Join(lines, "\r\n")), 0o644)
}

// packageCode tells two MSIs apart that differ in a single byte: Windows takes
// those of one code for one and the same.
func (p Package) packageCode(work string) (uuid.UUID, error) {
	sum := sha256.New()
	for _, name := range append([]string{sourceName, iconName}, p.fileNames()...) {
		if err := addFile(sum, filepath.Join(work, name)); err != nil {
			return uuid.Nil, err
		}
	}
	for _, t := range p.tables() {
		io.WriteString(sum, t.text())
	}
	return p.derive("package:" + string(sum.Sum(nil))), nil
}

func addFile(to io.Writer, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(to, file)
	return err
}

// output runs a program of msitools. They say what is wrong on stderr, and some
// of it with exit status 0.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C.UTF-8")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run %s: %w: %s", name, err, bytes.TrimSpace(stderr.Bytes()))
	}
	if stderr.Len() > 0 {
		return nil, fmt.Errorf("run %s: %s", name, bytes.TrimSpace(stderr.Bytes()))
	}
	return stdout.Bytes(), nil
}
