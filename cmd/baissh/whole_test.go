package main

import (
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
)

const myHosts = "# mine\r\nHost elsewhere\r\n\tHostName example.com\r\n\r\n\r\n# the end"

// furnish gives the user files of their own, for ssh and for FileZilla.
func (w *world) furnish() {
	w.Helper()
	w.file(w.config(), myHosts)
	w.file(filepath.Join(w.home.Dir, ".config", "filezilla", "sitemanager.xml"), mySites)
}

// whole looks at every file of furnish's that others read: ssh finds the user's host and
// each of ours, and FileZilla's file is well-formed with the user's site in it.
func (w *world) whole(aliases ...string) {
	w.Helper()
	for _, host := range append([]string{"elsewhere"}, aliases...) {
		r := w.program(nil, "ssh", "-G", "-F", w.config(), host)
		found := strings.Contains(r.out, "\nhostname example.com\n") || strings.Contains(r.out, "\nhostname 127.0.0.1\n")
		if r.err != nil || !found {
			w.Fatalf("ssh -G %s: %v %s%s", host, r.err, r.complaint, r.out)
		}
	}
	if text := w.text(".ssh", "config"); !strings.HasSuffix(text, myHosts) {
		w.Fatalf("the user's config is %q", text)
	}
	sites := w.text(".config", "filezilla", "sitemanager.xml")
	for d := xml.NewDecoder(strings.NewReader(sites)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			w.Fatalf("sitemanager.xml: %v: %s", err, sites)
		}
	}
	if !strings.Contains(sites, "<Name>홍 &amp; mine</Name>") {
		w.Fatalf("the user's own site is gone: %s", sites)
	}
	for _, alias := range aliases {
		if !strings.Contains(sites, "<Name>"+alias+"</Name>") {
			w.Fatalf("%s is not among FileZilla's sites: %s", alias, sites)
		}
	}
}
