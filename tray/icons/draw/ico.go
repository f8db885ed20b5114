package draw

import (
	"bytes"
	"encoding/binary"
	"image"
)

// ICO is a Windows icon file of several sizes. Each is a plain bitmap: what is
// a PNG inside, Wine shows with red and blue exchanged.
func ICO(images ...*image.NRGBA) []byte {
	var file, bitmaps bytes.Buffer
	write(&file, uint16(0), uint16(1), uint16(len(images)))
	offset := 6 + 16*len(images)
	for _, img := range images {
		size, bitmap := img.Rect.Dx(), bitmap(img)
		side := uint8(size % 256) // 0 stands for 256
		write(&file, side, side, uint8(0), uint8(0), uint16(1), uint16(32), uint32(len(bitmap)), uint32(offset))
		offset += len(bitmap)
		bitmaps.Write(bitmap)
	}
	file.Write(bitmaps.Bytes())
	return file.Bytes()
}

// bitmap is a BITMAPINFOHEADER, pixels from the bottom up in BGRA, and the mask
// that old programs use instead of alpha.
func bitmap(img *image.NRGBA) []byte {
	var b bytes.Buffer
	size := img.Rect.Dx()
	row := (size + 31) / 32 * 4
	write(&b, uint32(40), int32(size), int32(2*size), uint16(1), uint16(32), uint32(0), uint32(size*(4*size+row)),
		int32(0), int32(0), uint32(0), uint32(0))
	mask := make([]byte, row*size)
	for y := range size {
		for x := range size {
			c := img.NRGBAAt(x, size-1-y)
			b.Write([]byte{c.B, c.G, c.R, c.A})
			if c.A < 128 {
				mask[y*row+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	b.Write(mask)
	return b.Bytes()
}

func write(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.LittleEndian, v) // a Buffer takes all
	}
}
