package backendaitest

import (
	"reflect"
	"slices"
)

// A table is read for one release at a time, a column after the other.
type table struct {
	release int    // the number of it among [Releases]
	broken  string // the column that is to lie, none if empty
	columns []string
}

func newTable(release, broken string) *table {
	return &table{release: slices.Index(Releases(), release), broken: broken}
}

// from is what holds from a release on, the oldest first.
type from[T any] []struct {
	release string
	value   T
}

// put reads a column of any type. A broken one has what comes next in it.
func put[T any](t *table, column string, value *T, steps from[T]) {
	t.columns = append(t.columns, column)
	at := 0
	for i, step := range steps {
		if slices.Index(Releases(), step.release) <= t.release {
			at = i
		}
	}
	*value = steps[at].value
	for i := 1; column == t.broken && reflect.DeepEqual(*value, steps[at].value); i++ {
		*value = steps[(at+i)%len(steps)].value
	}
}

// flag reads a column of yes and no: it holds from the first release on, from the
// second one no longer, from the third one again.
func (t *table) flag(column string, value *bool, turns ...string) {
	steps := from[bool]{{Releases()[0], false}}
	for i, release := range turns {
		steps = append(steps, struct {
			release string
			value   bool
		}{release, i%2 == 0})
	}
	put(t, column, value, steps)
}
