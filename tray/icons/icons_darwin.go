package icons

import "embed"

//go:embed ready.png idle.png attention.png away.png *-template.png
var files embed.FS

const extension, templates = ".png", "-template.png"
