//go:build windows

// Command wine-hand does what a person does at a desktop: wine-hand press menu opens
// the tray's menu, wine-hand press NUMBER clicks an item (they are numbered as they
// were made), wine-hand end PID ends a process as the Task Manager does, with status
// 1 where Wine's taskkill says 0.
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
	if len(os.Args) != 3 {
		log.Fatal("usage: wine-hand press menu|NUMBER, wine-hand end PID")
	}
	number, err := strconv.Atoi(os.Args[2])
	switch {
	case os.Args[1] == "end" && err == nil:
		end(uint32(number))
	case os.Args[1] == "press" && err == nil:
		post(command, uintptr(number), 0)
	case os.Args[1] == "press":
		post(ofTheIcon, 0, rightButton)
	}
}

// post sends a message to the tray's window.
func post(message, first, second uintptr) {
	class, err := windows.UTF16PtrFromString(windowClass)
	if err != nil {
		log.Fatal(err)
	}
	window, _, _ := findWindow.Call(uintptr(unsafe.Pointer(class)), 0)
	if window == 0 {
		log.Fatal("there is no tray")
	}
	if ok, _, err := postMessage.Call(window, message, first, second); ok == 0 {
		log.Fatal(err)
	}
}

func end(pid uint32) {
	process, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, pid)
	if err == nil {
		err = windows.TerminateProcess(process, 1)
	}
	if err != nil {
		log.Fatal(err)
	}
}
