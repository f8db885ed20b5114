//go:build !windows

package transfer

// otherSeparators would make a path of a name.
const otherSeparators = ""
