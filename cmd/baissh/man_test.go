package main

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// The man pages are made by a test, because only package main has the verbs and
// the generator must not be linked into the product: see "make man".
var manDir = flag.String("man", "", "folder to write the man pages to")

func TestManPages(t *testing.T) {
	dir := *manDir
	if dir == "" {
		dir = t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root := documented()
	header := &doc.GenManHeader{Section: "1", Source: "baissh", Manual: "SSH for Backend.AI"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range verbs(root) {
		page := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plain(string(text)), plain(cmd.Short)) {
			t.Errorf("%s does not say %q", page, cmd.Short)
		}
	}
}

func documented() *cobra.Command {
	root := (&app{}).root()
	root.InitDefaultCompletionCmd()
	root.DisableAutoGenTag = true
	return root
}

// verbs are the commands that a person is to know. Those below "completion" are
// cobra's.
func verbs(root *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			list = append(list, cmd)
			if cmd.Name() != "completion" {
				list = append(list, verbs(cmd)...)
			}
		}
	}
	return list
}

// plain takes out what troff escapes.
func plain(s string) string { return strings.NewReplacer(`\`, "", "-", "").Replace(s) }

// The README and --help say the same words.
func TestReadmeNamesEveryVerb(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for _, cmd := range verbs(documented()) {
		if cmd.Name() == "completion" { // the words are cobra's
			continue
		}
		if want := "`" + cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name()) + "`"; !strings.Contains(readme, want) {
			t.Errorf("README.md does not have %s", want)
		}
		if !strings.Contains(readme, cmd.Short) {
			t.Errorf("README.md does not say of %s: %q", cmd.Name(), cmd.Short)
		}
	}
}

// A way out that does not exist is worse than none.
var (
	namedVerb    = regexp.MustCompile(`(?:^|"|: )baissh ([a-z]+)(?:"| --|$)|(?:"|: )baissh ([a-z]+)`)
	namedService = regexp.MustCompile(`baissh (service) ([a-z]+)`)
)

func TestHintsNameVerbsThatExist(t *testing.T) {
	known := map[string]bool{"help": true, "completion": true}
	for _, cmd := range (&app{}).root().Commands() {
		known[cmd.Name()] = true
		for _, sub := range cmd.Commands() {
			known[cmd.Name()+" "+sub.Name()] = true
		}
	}
	eachLiteral(t, "../..", func(at, text string) {
		for _, m := range namedVerb.FindAllStringSubmatch(text, -1) {
			if verb := m[1] + m[2]; !known[verb] {
				t.Errorf("%s: %q names a verb that does not exist: %s", at, text, verb)
			}
		}
		for _, m := range namedService.FindAllStringSubmatch(text, -1) {
			if verb := m[1] + " " + m[2]; !known[verb] {
				t.Errorf("%s: %q names a verb that does not exist: %s", at, text, verb)
			}
		}
	})
}

// eachLiteral calls f for every string literal of the product's sources.
func eachLiteral(t *testing.T, root string, f func(at, text string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					f(files.Position(lit.Pos()).String(), text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
