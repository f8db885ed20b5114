// Package draw draws baissh's icons. Its results are committed; the program
// links those, not this package.
//
// A shape is drawn in whole numbers on a square of 1024, so that every machine
// draws the same: processors differ in how they round fractions.
package draw

// A point lies on the square of 1024, y downwards.
type point struct{ x, y int }

// A shape says whether a point is inside.
type shape func(point) bool

// box is a rectangle with round corners.
func box(from, to point, radius int) shape {
	return func(p point) bool {
		if p.x < from.x || p.x > to.x || p.y < from.y || p.y > to.y {
			return false
		}
		corner := point{
			min(max(p.x, from.x+radius), to.x-radius),
			min(max(p.y, from.y+radius), to.y-radius),
		}
		return within(p, corner, radius)
	}
}

// disc is a filled circle.
func disc(center point, radius int) shape {
	return func(p point) bool { return within(p, center, radius) }
}

// stroke is a line of round ends through the points.
func stroke(width int, points ...point) shape {
	return func(p point) bool {
		for i := range points[1:] {
			if nearSegment(p, points[i], points[i+1], width/2) {
				return true
			}
		}
		return false
	}
}

// triangle has its corners in clockwise order.
func triangle(a, b, c point) shape {
	return func(p point) bool { return turn(a, b, p) >= 0 && turn(b, c, p) >= 0 && turn(c, a, p) >= 0 }
}

func union(shapes ...shape) shape {
	return func(p point) bool {
		for _, s := range shapes {
			if s(p) {
				return true
			}
		}
		return false
	}
}

func minus(s, hole shape) shape {
	return func(p point) bool { return s(p) && !hole(p) }
}

func within(p, center point, radius int) bool {
	dx, dy := p.x-center.x, p.y-center.y
	return dx*dx+dy*dy <= radius*radius
}

// turn is positive where a, b, p turn clockwise.
func turn(a, b, p point) int { return (b.x-a.x)*(p.y-a.y) - (b.y-a.y)*(p.x-a.x) }

func nearSegment(p, a, b point, distance int) bool {
	if within(p, a, distance) || within(p, b, distance) {
		return true
	}
	dx, dy := b.x-a.x, b.y-a.y
	along, length := (p.x-a.x)*dx+(p.y-a.y)*dy, dx*dx+dy*dy
	across := turn(a, b, p)
	return along >= 0 && along <= length && across*across <= distance*distance*length
}
