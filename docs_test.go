package baissh_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"baissh/proxy/settings"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var tomlBlock = regexp.MustCompile("(?s)```toml\n(.*?)```")

// Every settings example in README and docs is one that baissh takes.
func TestSettingsExamplesParse(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, m := range tomlBlock.FindAllStringSubmatch(read(t, page), -1) {
			found++
			if _, err := settings.Parse([]byte(m[1])); err != nil {
				t.Errorf("%s: %v in:\n%s", page, err, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no page has an example of settings.toml")
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

func TestLinksBetweenPagesLead(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// Programs decide on codes, so control-api.md knows every one.
func TestControlAPIListsEveryCode(t *testing.T) {
	doc := read(t, "docs/control-api.md")
	found := 0
	for _, s := range sources(t) {
		if s.test || s.dir != "proxy/state" && s.dir != "svc/control" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
				found++
				if code := literal(spec.Values[0]); !strings.Contains(doc, "`"+code+"`") {
					t.Errorf("docs/control-api.md does not list the code %s", code)
				}
			}
			return true
		})
	}
	if found == 0 {
		t.Error("no code was found")
	}
}

func pages(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(list, "README.md", "CHANGELOG.md")
}

var (
	testName  = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	entryName = regexp.MustCompile(`"([^"]+)"`)
)

// What traps.md calls a test is one, and the real server is tried on no less than is said.
func TestTrapsNameTests(t *testing.T) {
	tests, entries := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				tests[n.Name.Name] = s.test
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && s.test {
					entries[text] = true
				}
			}
			return true
		})
	}
	page := read(t, "docs/traps.md")
	for _, m := range testName.FindAllStringSubmatch(page, -1) {
		if !tests[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
	for _, m := range entryName.FindAllStringSubmatch(page, -1) {
		if !entries[m[1]] {
			t.Errorf("nothing is called %q", m[1])
		}
	}
}
