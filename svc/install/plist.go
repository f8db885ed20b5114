package install

import (
	_ "embed"
	"encoding/xml"
	"strings"
)

// Label is what launchd calls the service.
const Label = "ai.backend.baissh"

//go:embed ai.backend.baissh.plist
var plist string

// Plist is the text of the LaunchAgent that runs program and appends what it logs
// to the file log. The text of package service is not used: it knows KeepAlive
// as yes or no alone, so that an engine without a sign-in would be started again
// and again.
func Plist(program, log string) string {
	return strings.NewReplacer("@PROGRAM@", xmlText(program), "@LOG@", xmlText(log)).Replace(plist)
}

func xmlText(s string) string {
	var text strings.Builder
	xml.EscapeText(&text, []byte(s))
	return text.String()
}
