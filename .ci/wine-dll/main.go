// Command wine-dll writes a bcryptprimitives.dll for a Wine that has none (before
// 9.0), without which no program of a recent Go starts. It holds no code: its one
// function, of random numbers, leads to that of an older library.
package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"log"
	"os"
)

const (
	dll      = "bcryptprimitives.dll"
	function = "ProcessPrng"
	leadsTo  = "advapi32.SystemFunction036"

	page   = 0x1000 // where the one section is in memory, and how sections are aligned there
	sector = 0x200  // the same in the file
)

// exports is the directory of what others may call.
type exports struct {
	Characteristics, Time                uint32
	Major, Minor                         uint16
	Name, Base, Functions, Names         uint32
	FunctionTable, NameTable, IndexTable uint32
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: wine-dll FILE")
	}
	if err := os.WriteFile(os.Args[1], image(section()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// section is the directory, its three tables of one entry each, and their texts.
// A function whose address is inside of it is the name of another.
func section() []byte {
	tables := uint32(page + binary.Size(exports{}))
	texts := tables + 4 + 4 + 2
	name, forward := texts+uint32(len(dll)+1), texts+uint32(len(dll)+1+len(function)+1)
	return pack(
		exports{
			Name: texts, Base: 1, Functions: 1, Names: 1,
			FunctionTable: tables, NameTable: tables + 4, IndexTable: tables + 8,
		},
		forward, name, uint16(0), []byte(dll+"\x00"+function+"\x00"+leadsTo+"\x00"),
	)
}

// image is the file: the headers in its first sector, then the section.
func image(section []byte) []byte {
	dos := append([]byte("MZ"), make([]byte, 62)...)
	dos[0x3c] = byte(len(dos)) // where the real header begins
	optional := pe.OptionalHeader64{
		Magic: 0x20b, ImageBase: 0x180000000, SectionAlignment: page, FileAlignment: sector,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_GUI,
		SizeOfInitializedData: sector, SizeOfImage: 2 * page, SizeOfHeaders: sector,
		SizeOfStackReserve: 1 << 20, SizeOfStackCommit: page, SizeOfHeapReserve: 1 << 20, SizeOfHeapCommit: page,
		NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: page, Size: uint32(len(section))}
	headers := pack(
		dos, []byte("PE\x00\x00"),
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: uint16(binary.Size(optional)),
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		},
		optional,
		pe.SectionHeader32{
			Name: [8]uint8{'.', 'e', 'd', 'a', 't', 'a'}, VirtualSize: uint32(len(section)), VirtualAddress: page,
			SizeOfRawData: sector, PointerToRawData: sector,
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		},
	)
	file := make([]byte, 2*sector)
	copy(file, headers)
	copy(file[sector:], section)
	return file
}

func pack(parts ...any) []byte {
	var b bytes.Buffer
	for _, part := range parts {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			log.Fatal(err)
		}
	}
	return b.Bytes()
}
