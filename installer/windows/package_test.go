package windows

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ours is a version of what this repository's wix.json describes.
func ours(t *testing.T) Package {
	t.Helper()
	manifest, err := Read("../../wix.json")
	if err != nil {
		t.Fatal(err)
	}
	return Package{Manifest: manifest, Version: "1.2.3", Release: "1.2.3+4.gabc1234"}
}

// A change that nobody meant would leave two products, or an old file, on every
// machine: GUIDs and tables are the same from release to release.
func TestPackageIsAsItWas(t *testing.T) {
	p := ours(t)
	source, err := p.source()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "product.wxs", string(source))
	for _, table := range p.tables() {
		golden(t, table.name+".idt", strings.ReplaceAll(table.text(), "\r\n", "\n"))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGUIDsStayAndProductCodesChange(t *testing.T) {
	older, newer := ours(t), ours(t)
	newer.Version, newer.Release = "1.3.0", "1.3.0"
	if older.productCode() == newer.productCode() {
		t.Error("two versions have one product code: the second would be a repair of the first")
	}
	for i, part := range older.parts() {
		if part != newer.parts()[i] {
			t.Errorf("part %v became %v in the next version", part, newer.parts()[i])
		}
	}
}

// What is written where XML has a meaning arrives as it was.
func TestSourceKeepsWhatXMLWouldTake(t *testing.T) {
	p := ours(t)
	p.Service.Description = `<"&'>`
	source, err := p.source()
	if err != nil {
		t.Fatal(err)
	}
	if want := `Description="&lt;&#34;&amp;&#39;&gt;"`; !strings.Contains(string(source), want) {
		t.Errorf("source() does not have %s", want)
	}
}
