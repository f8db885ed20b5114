//go:build windows

// Command wine-press tells the tray's window what a person's mouse would:
// wine-press menu opens the menu, wine-press ID clicks the item of that number.
// Items are numbered as they were made. It fails where there is no tray.
package main

import (
	"log"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	windowClass = "SystrayClass"
	command     = 0x0111 // WM_COMMAND
	ofTheIcon   = 0x0401 // what systray has the shell send
	rightButton = 0x0205 // WM_RBUTTONUP
)

var (
	user32      = windows.NewLazySystemDLL("user32.dll")
	findWindow  = user32.NewProc("FindWindowW")
	postMessage = user32.NewProc("PostMessageW")
)

func main() {
	log.SetFlags(0)
	class, err := windows.UTF16PtrFromString(windowClass)
	if err != nil {
		log.Fatal(err)
	}
	window, _, _ := findWindow.Call(uintptr(unsafe.Pointer(class)), 0)
	if window == 0 {
		log.Fatal("there is no tray")
	}
	for _, what := range os.Args[1:] {
		press(window, what)
	}
}

func press(window uintptr, what string) {
	message, first, second := uintptr(ofTheIcon), uintptr(0), uintptr(rightButton)
	if id, err := strconv.Atoi(what); err == nil {
		message, first, second = command, uintptr(id), 0
	}
	if ok, _, err := postMessage.Call(window, message, first, second); ok == 0 {
		log.Fatal(err)
	}
}
