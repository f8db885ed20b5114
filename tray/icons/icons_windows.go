package icons

import "embed"

//go:embed ready.ico idle.ico attention.ico away.ico
var files embed.FS

const extension, templates = ".ico", ""
