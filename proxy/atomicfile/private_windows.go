package atomicfile

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/windows"
)

// Private leaves a file or folder to the user, SYSTEM and Administrators, and
// stops what its folder would hand down: OpenSSH refuses a private key that
// anybody else may read, and a config that anybody else may write.
func Private(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	want, err := ownersOnly(info.IsDir())
	if err != nil {
		return err
	}
	const what = windows.DACL_SECURITY_INFORMATION
	has, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what)
	if err == nil && plain(has) == plain(want) {
		return nil
	}
	acl, _, err := want.DACL()
	if err != nil {
		return err
	}
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		what|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, acl, nil)
	if err != nil {
		return fmt.Errorf("protect %s: %w", path, err)
	}
	return nil
}

// plain is the ACL as text, without the mark that Windows leaves when it has
// been through inheritance.
func plain(sd *windows.SECURITY_DESCRIPTOR) string {
	return strings.Replace(sd.String(), "D:PAI(", "D:P(", 1)
}

// ownersOnly is the ACL that OpenSSH accepts; in a folder it is handed down.
func ownersOnly(folder bool) (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("look up the user: %w", err)
	}
	down := ""
	if folder {
		down = "OICI"
	}
	return windows.SecurityDescriptorFromString(fmt.Sprintf(
		"D:P(A;%[1]s;FA;;;SY)(A;%[1]s;FA;;;BA)(A;%[1]s;FA;;;%[2]s)", down, user.User.Sid))
}
