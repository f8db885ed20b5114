package pace

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// findTCP is about the TCP socket with an inode, wherever it leads: the kernel lists
// those of a network, see proc_net_tcp(5).
func findTCP(inode uint32) (diagnosis, error) {
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if d, err := findIn(file, strconv.FormatUint(uint64(inode), 10)); err == nil {
			return d, nil
		}
	}
	return diagnosis{}, errUnknownOutlet
}

func findIn(file, inode string) (diagnosis, error) {
	f, err := os.Open(file)
	if err != nil {
		return diagnosis{}, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || fields[9] != inode {
			continue
		}
		unsent, _, _ := strings.Cut(fields[4], ":")
		n, err := strconv.ParseUint(unsent, 16, 32)
		return diagnosis{unsent: uint32(n), listening: fields[3] == "0A"}, err
	}
	return diagnosis{}, errUnknownOutlet
}
