package transfer

// otherSeparators would make a path, or another stream, of a name.
const otherSeparators = `\:`

// invented are bits of a file's mode that this system does not keep: Go says of every
// file that all may write to it.
const invented = 0o022
