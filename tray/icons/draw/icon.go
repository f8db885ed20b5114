package draw

import (
	"image"
	"image/color"
)

// An Icon is a figure in one colour, with marks in white on it.
type Icon struct {
	Name   string
	figure shape
	marks  shape // nil for none
	paint  color.NRGBA
}

// The colours stand out from white and from black panels alike.
var (
	green  = color.NRGBA{0x1f, 0x97, 0x50, 0xff}
	orange = color.NRGBA{0xe2, 0x6a, 0x0a, 0xff}
	gray   = color.NRGBA{0x88, 0x8c, 0x90, 0xff}
	white  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
)

// States are the icons of the tray. They differ in shape, for those who do not
// see colours.
func States() []Icon {
	tile := box(point{64, 128}, point{960, 896}, 160)
	hole := box(point{176, 240}, point{848, 784}, 64)
	corners := []point{{512, 144}, {928, 864}, {96, 864}, {512, 144}}
	return []Icon{
		{Name: "ready", figure: tile, marks: prompt(128), paint: green},
		{Name: "idle", figure: union(minus(tile, hole), prompt(112)), paint: gray},
		{
			Name:   "attention",
			figure: union(triangle(corners[0], corners[1], corners[2]), stroke(160, corners...)),
			marks:  union(stroke(136, point{512, 352}, point{512, 592}), disc(point{512, 768}, 76)),
			paint:  orange,
		},
		{
			Name: "away",
			figure: union(
				minus(minus(disc(point{512, 544}, 448), disc(point{512, 544}, 312)), stroke(352, point{512, 0}, point{512, 416})),
				stroke(136, point{512, 96}, point{512, 480})),
			paint: gray,
		},
	}
}

// App is the icon of the program in menus and packages.
func App() Icon {
	return Icon{Name: "app", figure: box(point{32, 32}, point{992, 992}, 208), marks: prompt(112), paint: green}
}

// prompt is a terminal's ">_".
func prompt(width int) shape {
	return union(
		stroke(width, point{304, 368}, point{448, 512}, point{304, 656}),
		stroke(width, point{544, 672}, point{736, 672}))
}

// Image is the icon in colour, size pixels wide.
func (i Icon) Image(size int) *image.NRGBA {
	return paint(size, func(p point) color.NRGBA {
		switch {
		case i.marks != nil && i.marks(p):
			return white
		case i.figure(p):
			return i.paint
		}
		return color.NRGBA{}
	})
}

// Template is the icon as macOS wants it: black, marks cut out.
func (i Icon) Template(size int) *image.NRGBA {
	return paint(size, func(p point) color.NRGBA {
		if i.figure(p) && (i.marks == nil || !i.marks(p)) {
			return color.NRGBA{A: 0xff}
		}
		return color.NRGBA{}
	})
}

// fine is the number of samples along each side of a pixel.
const fine = 8

// paint averages the samples of each pixel.
func paint(size int, at func(point) color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	place := func(n int) int { return (2*n + 1) * 1024 / (2 * size * fine) }
	for y := range size {
		for x := range size {
			var r, g, b, n int
			for s := range fine * fine {
				if c := at(point{place(x*fine + s%fine), place(y*fine + s/fine)}); c.A != 0 {
					r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
				}
			}
			if n > 0 {
				img.SetNRGBA(x, y, color.NRGBA{uint8(r / n), uint8(g / n), uint8(b / n), uint8(n * 255 / (fine * fine))})
			}
		}
	}
	return img
}
