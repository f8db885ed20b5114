package pace

import (
	"bytes"
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// A diagnosis is what the kernel says of a socket (sock_diag(7)).
type diagnosis struct {
	inode     uint32
	unread    uint32 // bytes that its program has not read yet
	unsent    uint32 // bytes that the other end's system has not got, of a unix socket its program
	listening bool
}

// Of linux/sock_diag.h, inet_diag.h and unix_diag.h.
const (
	byFamily     = 20 // SOCK_DIAG_BY_FAMILY
	allStates    = 0xffffffff
	anyCookie    = 0xffffffffffffffff
	showQueues   = 0x10 // UDIAG_SHOW_RQLEN
	queuesOfUnix = 4    // UNIX_DIAG_RQLEN
)

type inetRequest struct {
	Family, Protocol, Extensions, _ uint8
	States                          uint32
	ID                              inetID
}

type inetID struct {
	Port [2][2]byte // in network order: its own, the other's
	IP   [2][16]byte
	_    uint32
	Any  uint64
}

type inetAnswer struct {
	Family, State, _, _                  uint8
	ID                                   inetID
	Expires, Unread, Unsent, User, Inode uint32
}

// diagnoseTCP is about the socket between two addresses.
func diagnoseTCP(own, other net.Addr) (diagnosis, error) {
	request := inetRequest{Family: unix.AF_INET, Protocol: unix.IPPROTO_TCP, States: allStates, ID: inetID{Any: anyCookie}}
	for i, a := range []net.Addr{own, other} {
		t, ok := a.(*net.TCPAddr)
		if !ok || t.IP.To4() == nil {
			return diagnosis{}, errNobody
		}
		binary.BigEndian.PutUint16(request.ID.Port[i][:], uint16(t.Port))
		copy(request.ID.IP[i][:], t.IP.To4())
	}
	var answer inetAnswer
	_, err := diagnose(request, &answer)
	return diagnosis{inode: answer.Inode, unread: answer.Unread, unsent: answer.Unsent}, err
}

type unixRequest struct {
	Family, Protocol uint8
	_                uint16
	States           uint32
	Inode            uint32
	Show             uint32
	Any              uint64
}

type unixAnswer struct {
	Family, Type, State, _ uint8
	Inode                  uint32
	Cookie                 uint64
}

// diagnoseUnix is about the unix socket with an inode. With none it is [unix.ENOENT].
func diagnoseUnix(inode uint32) (diagnosis, error) {
	request := unixRequest{Family: unix.AF_UNIX, States: allStates, Inode: inode, Show: showQueues, Any: anyCookie}
	var answer unixAnswer
	attributes, err := diagnose(request, &answer)
	if err != nil {
		return diagnosis{}, err
	}
	d := diagnosis{inode: inode, listening: answer.State == stateListening}
	for len(attributes) >= 12 {
		size, kind := binary.NativeEndian.Uint16(attributes), binary.NativeEndian.Uint16(attributes[2:])
		if kind == queuesOfUnix {
			d.unread, d.unsent = binary.NativeEndian.Uint32(attributes[4:]), binary.NativeEndian.Uint32(attributes[8:])
			return d, nil
		}
		attributes = attributes[min(len(attributes), max(4, int(size+3)&^3)):]
	}
	return d, errUnknownOutlet
}

// diagnose asks the kernel, and returns what follows its answer.
func diagnose(request, answer any) ([]byte, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	header := unix.NlMsghdr{Len: uint32(unix.SizeofNlMsghdr + binary.Size(request)), Type: byFamily, Flags: unix.NLM_F_REQUEST}
	var message bytes.Buffer
	binary.Write(&message, binary.NativeEndian, header)
	binary.Write(&message, binary.NativeEndian, request)
	if err := unix.Sendto(fd, message.Bytes(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	var buf [4096]byte
	n, _, err := unix.Recvfrom(fd, buf[:], 0)
	if err != nil {
		return nil, err
	}
	return read(buf[:n], answer)
}

// read reads the kernel's answer, or the error that it is.
func read(message []byte, answer any) ([]byte, error) {
	var header unix.NlMsghdr
	rest, err := take(message, &header)
	if err != nil {
		return nil, err
	}
	if header.Type == unix.NLMSG_ERROR {
		var code int32
		if _, err := take(rest, &code); err != nil {
			return nil, err
		}
		return nil, unix.Errno(-code)
	}
	return take(rest, answer)
}

func take(b []byte, into any) ([]byte, error) {
	n, err := binary.Decode(b, binary.NativeEndian, into)
	return b[n:], err
}
