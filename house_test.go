// Package baissh_test keeps the house in order: what holds for the sources as a
// whole, read from the sources.
package baissh_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A source is one Go file of the repository.
type source struct {
	path string // from the root, with slashes
	dir  string
	test bool
	file *ast.File
	set  *token.FileSet
}

func (s source) at(n ast.Node) string { return s.set.Position(n.Pos()).String() }

// imports returns the paths of a file's imports.
func (s source) imports() map[string]ast.Node {
	list := map[string]ast.Node{}
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			list[p] = spec
		}
	}
	return list
}

// called returns the full name of a package's function that is called, such as
// "time.Sleep", or "".
func (s source) called(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range s.file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		if name := path.Base(p); spec.Name == nil && name == pkg.Name || spec.Name != nil && spec.Name.Name == pkg.Name {
			return p + "." + sel.Sel.Name
		}
	}
	return ""
}

// sources parses every Go file, also those of other systems and behind build
// tags. Build tools do not: go list in a test is answered from the test cache.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		list = append(list, source{path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), file: file, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 50 {
		t.Fatalf("found %d Go files, which cannot be all", len(list))
	}
	return list
}

const module = "baissh/"

// simulator is for tests and programs only.
const simulator = "proxy/backendai/backendaitest"

// display is for tests only.
const display = "proxy/xvfb"

// leaves import nothing of ours.
var leaves = []string{"proxy/state", "proxy/atomicfile", "proxy/folders", "proxy/pace"}

// mayImport is the house: cmd → tray → svc → proxy → its rooms → leaves.
func mayImport(s source, to string) bool {
	if within(to, simulator) {
		return s.test || s.file.Name.Name == "main" || within(s.dir, simulator)
	}
	if to == display {
		return s.test
	}
	if within(to, "installer") { // what ships the product is none of it
		return within(s.dir, "installer")
	}
	leaf := slices.Contains(leaves, to)
	switch from := s.dir; {
	case from == to: // an external test
		return true
	case from == "." || within(from, "cmd") || s.file.Name.Name == "main":
		return true
	case slices.Contains(leaves, from):
		return false
	case within(from, "tray"):
		return to == "svc/control" || to == "proxy/state" || within(to, "tray")
	case within(from, "svc/control"):
		return to == "proxy/state" // so that the tray, which links it, stays small
	case from == "svc":
		return within(to, "svc") || within(to, "proxy")
	case from == "svc/install" && to == "svc/supervise": // what to ask of it
		return true
	case within(from, "svc"):
		return leaf || to == "proxy/settings"
	case from == "proxy":
		return within(to, "proxy")
	default:
		return leaf
	}
}

func within(dir, parent string) bool {
	return dir == parent || strings.HasPrefix(dir, parent+"/")
}

func TestImportsRunOneWay(t *testing.T) {
	for _, s := range sources(t) {
		for p, spec := range s.imports() {
			to, ours := strings.CutPrefix(p, module)
			if ours && !mayImport(s, to) {
				t.Errorf("%s: %s must not import %s", s.at(spec), s.dir, to)
			}
		}
	}
}

// small are the only rooms of ours in the tray's program: it asks the engine, and
// must not become one.
var small = []string{"cmd/baissh-tray", "tray", "tray/icons", "svc/control", "proxy/state", "proxy/folders"}

func TestTheTrayLinksNoneOfTheEngine(t *testing.T) {
	imports := map[string][]string{}
	for _, s := range sources(t) {
		for p := range s.imports() {
			if to, ours := strings.CutPrefix(p, module); ours && !s.test {
				imports[s.dir] = append(imports[s.dir], to)
			}
		}
	}
	linked := []string{"cmd/baissh-tray"}
	for i := 0; i < len(linked); i++ {
		if !slices.Contains(small, linked[i]) {
			t.Errorf("the tray links %s", linked[i])
		}
		for _, to := range imports[linked[i]] {
			if !slices.Contains(linked, to) {
				linked = append(linked, to)
			}
		}
	}
	if len(linked) < len(small) {
		t.Errorf("the tray links no more than %v", linked)
	}
}

// notLinked are modules that the product must not carry: they only test or build it.
var notLinked = []string{
	"testing",
	"github.com/google/go-cmp/",
	"github.com/rogpeppe/go-internal/",
	"github.com/spf13/cobra/doc",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

func TestProductLinksNoTestOrManPageCode(t *testing.T) {
	for _, s := range sources(t) {
		for p, spec := range s.imports() {
			bad := slices.ContainsFunc(notLinked, func(m string) bool {
				return p == m || strings.HasPrefix(p, strings.TrimSuffix(m, "/")+"/")
			})
			if bad && !s.test && s.dir != display {
				t.Errorf("%s: only tests may import %s", s.at(spec), p)
			}
		}
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	comments := map[string][]string{}
	for _, s := range sources(t) {
		if s.test && s.dir != "." { // the root holds nothing but this test
			continue
		}
		files := comments[s.dir]
		if s.file.Doc != nil {
			files = append(files, s.path)
		}
		comments[s.dir] = files
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("%s has %d package comments, want 1: %v", dir, len(files), files)
		}
	}
}

// Tests wait for what they wait for. Inside a synctest bubble, where sleeping
// costs nothing and is exact, they may sleep. A function that calls synctest.Wait is
// always in one.
func TestNoTestSleeps(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok {
				return !s.calls(f, "testing/synctest.Wait")
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			switch s.called(call) {
			case "testing/synctest.Test":
				return false
			case "time.Sleep":
				t.Errorf("%s: wait for what is meant instead of sleeping", s.at(call))
			}
			return true
		})
	}
}

// calls reports whether a function calls another one anywhere in it.
func (s source) calls(f *ast.FuncDecl, name string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && s.called(call) == name
		return !found
	})
	return found
}

// Whoever is not on this machine finds nothing of ours to connect to.
func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && listens(call) && !onLoopback(call) {
				t.Errorf("%s: cannot see that this listens on loopback alone", s.at(call))
			}
			return true
		})
	}
}

// listens goes by the name of what is called, whatever it is called on. A
// Listen of one argument takes a path: ours of svc/control.
func listens(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch sel.Sel.Name {
	case "Listen", "ListenPacket":
		return len(call.Args) > 1
	case "ListenTCP", "ListenUDP", "ListenIP", "ListenMulticastUDP", "ListenAndServe", "ListenAndServeTLS":
		return true
	case "CreateNamedPipe": // which machines of the same network could reach
		return true
	}
	return false
}

// onLoopback wants the address spelled out where it is listened on, or a unix
// socket, or a pipe that is closed to other machines.
func onLoopback(call *ast.CallExpr) bool {
	for _, arg := range call.Args {
		if names(arg, "PIPE_REJECT_REMOTE_CLIENTS") {
			return true
		}
		text := literal(arg)
		if text == "unix" || strings.HasPrefix(text, "127.0.0.1:") || strings.HasPrefix(text, "[::1]:") {
			return true
		}
		if join, ok := arg.(*ast.CallExpr); ok && len(join.Args) == 2 {
			if sel, ok := join.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "JoinHostPort" {
				host := literal(join.Args[0])
				return host == "127.0.0.1" || host == "::1"
			}
		}
	}
	return false
}

// names reports whether a constant is among what an argument is made of.
func names(arg ast.Expr, constant string) bool {
	found := false
	ast.Inspect(arg, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == constant
		return !found
	})
	return found
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value)
	return text
}
