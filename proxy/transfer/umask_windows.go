package transfer

import "io/fs"

// umask is nothing that Windows has.
const umask fs.FileMode = 0
