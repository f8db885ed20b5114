package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baissh/proxy/backendai/backendaitest"
	"baissh/proxy/state"
)

const mySites = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- mine -->\r\n<FileZilla3 version=\"3.63.0\">\r\n\t<Servers>\r\n" +
	"\t\t<Server><Host>example.com</Host><Port>22</Port><Protocol>1</Protocol><Logontype>0</Logontype><Name>홍 &amp; mine</Name></Server>\r\n" +
	"\t</Servers>\r\n</FileZilla3>\r\n"

// A session comes and goes as a site among the user's own, and its host key with it.
func TestASessionIsASite(t *testing.T) {
	w := newQuietWorld(t, backendaitest.Options{}, demoSpec)
	sites := filepath.Join(w.home.Dir, ".config", "filezilla", "sitemanager.xml")
	if err := os.MkdirAll(filepath.Dir(sites), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sites, []byte(mySites), 0o600); err != nil {
		t.Fatal(err)
	}
	w.start()
	h := w.ready("bai-demo")
	w.until("the site is written", func(s *state.Snapshot) bool { return writerState(s, "filezilla") == "written" })
	w.eventually("the site is there", func() bool {
		text := w.text(".config", "filezilla", "sitemanager.xml")
		return strings.Contains(text, fmt.Sprintf("<Port>%d</Port>", h.Port)) && strings.Contains(text, "<Name>bai-demo</Name>") &&
			strings.Contains(text, "홍 &amp; mine</Name>")
	})
	if keys := w.text(".putty", "sshhostkeys") + w.text(".config", "filezilla", "hostkeys.xml"); !strings.Contains(keys, fmt.Sprint(h.Port)) {
		t.Errorf("FileZilla would ask for the host key; the stores hold %q", keys)
	}
	w.manager.Sessions()[0].End()
	w.eventually("the site is gone, and all else is as it was", func() bool {
		return w.text(".config", "filezilla", "sitemanager.xml") == mySites
	})
}

func writerState(s *state.Snapshot, name string) string {
	for _, w := range s.Writers {
		if w.Name == name {
			return w.State
		}
	}
	return ""
}
