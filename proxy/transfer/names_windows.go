package transfer

// otherSeparators would make a path, or another stream, of a name.
const otherSeparators = `\:`
