package folders

import "os"

// accountHome is the profile folder, which Windows' OpenSSH asks for in the same way.
func accountHome() string { return os.Getenv("USERPROFILE") }
