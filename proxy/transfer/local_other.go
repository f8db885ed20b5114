//go:build !windows

package transfer

// otherSeparators would make a path of a name.
const otherSeparators = ""

// invented are bits of a file's mode that this system does not keep.
const invented = 0
