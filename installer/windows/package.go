package windows

import (
	"bytes"
	_ "embed"
	"encoding/xml"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"
)

// A Package is one version of what wix.json describes.
type Package struct {
	Manifest
	Version string    // three numbers, all that Windows compares
	Release string    // the version as people read it
	Dir     string    // where the files are
	Icon    string    // the path of the icon
	Made    time.Time // what the MSI says of its own age
}

// A part is one file with what belongs to it. Windows counts, repairs and
// removes by the GUIDs of parts, so a file keeps its own for ever.
type part struct {
	ID      string
	GUID    uuid.UUID
	Name    string
	Service bool
}

func (p Package) parts() []part {
	var list []part
	for i, name := range p.fileNames() {
		list = append(list, part{
			ID:      fmt.Sprintf("Part%d", i),
			GUID:    p.derive("file:" + name),
			Name:    name,
			Service: name == p.Service.Program,
		})
	}
	return list
}

// derive makes a GUID that is the same whenever and wherever it is made.
func (m Manifest) derive(what string) uuid.UUID {
	return uuid.NewSHA1(m.UpgradeCode, []byte(what))
}

// productCode is another one for each version: by it Windows tells an upgrade
// from a repair.
func (p Package) productCode() uuid.UUID { return p.derive("product:" + p.Release) }

//go:embed product.wxs
var productText string

var productTemplate = template.Must(template.New("product.wxs").Funcs(template.FuncMap{
	"xml":  escape,
	"guid": guid,
}).Parse(productText))

// source is what wixl reads.
func (p Package) source() ([]byte, error) {
	var out bytes.Buffer
	err := productTemplate.Execute(&out, struct {
		Package
		Parts       []part
		ProductCode uuid.UUID
	}{p, p.parts(), p.productCode()})
	return out.Bytes(), err
}

func escape(s string) (string, error) {
	var out strings.Builder
	err := xml.EscapeText(&out, []byte(s))
	return out.String(), err
}

// guid writes one as Windows does.
func guid(id uuid.UUID) string { return "{" + strings.ToUpper(id.String()) + "}" }
