// Package backendaitest plays a Backend.AI manager, the web server before it, and
// a real ssh server behind every session, for tests and for trying baissh without one.
//
// It speaks API mode (signed requests) and session mode (logins) as the releases
// 22.03 to 26.9 do; where
// they differ, a row of one table says how. What it was taught was seen on real
// managers of 23.09 and 26.9, and read in the sources of the others.
//
//	server, err := backendaitest.Start(backendaitest.Options{Release: "26.9"})
//	defer server.Close()
//	session, err := server.CreateSession(backendaitest.SessionSpec{Name: "train-01"})
//	undo := server.Inject(backendaitest.Fault{At: backendaitest.Tunnel, Kind: backendaitest.RefuseSSH})
//	defer undo()
//
// A "container" is a folder and an ssh server, not a fence: whoever logs in runs
// programs as the user who started the simulator.
package backendaitest
