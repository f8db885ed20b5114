package backendaitest

import "github.com/pkg/sftp"

// sftp serves the files of the machine. Relative paths begin in the container's home.
func (s *shell) sftp() {
	server, err := sftp.NewServer(s.channel, sftp.WithServerWorkingDirectory(s.server.container.home))
	if err == nil {
		err = server.Serve()
	}
	status := exitStatus{0}
	if err != nil {
		status.Code = 1
	}
	// The server's last answers may still be on their way, and the library's
	// CloseWrite is not made for that.
	s.tell("exit-status", &status)
	s.channel.Close()
}
