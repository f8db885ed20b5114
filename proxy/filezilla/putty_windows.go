package filezilla

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/windows/registry"
)

const puttyKeyPath = `Software\SimonTatham\PuTTY\SshHostKeys`

func (w *Writer) puttyStore() string { return `HKEY_CURRENT_USER\` + puttyKeyPath }

// puttyFile is none.
func (w *Writer) puttyFile() string { return "" }

// puttyMade is nothing: a key without values is what PuTTY leaves, too.
func puttyMade(*Writer) []string { return nil }

// readPutty gives the values the form that they have in a file elsewhere.
func (w *Writer) readPutty() ([]byte, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, puttyKeyPath, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		if value, _, err := key.GetStringValue(name); err == nil {
			text.WriteString(name + " " + value + "\n")
		}
	}
	return []byte(text.String()), nil
}

// writePutty touches the values of our pins alone.
func (w *Writer) writePutty(want, stale []pin) error {
	if len(want)+len(stale) == 0 {
		return nil
	}
	key, _, err := registry.CreateKey(registry.CURRENT_USER, puttyKeyPath, registry.QUERY_VALUE|registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer key.Close()
	for _, p := range stale {
		value, _, err := key.GetStringValue(p.Name)
		if err == nil && value == p.Value && !named(want, p.Name) {
			if err := key.DeleteValue(p.Name); err != nil {
				return err
			}
		}
	}
	for _, p := range want {
		if value, _, err := key.GetStringValue(p.Name); err == nil && value == p.Value {
			continue
		}
		if err := key.SetStringValue(p.Name, p.Value); err != nil {
			return err
		}
	}
	return nil
}

func named(list []pin, name string) bool {
	return slices.ContainsFunc(list, func(p pin) bool { return p.Name == name })
}
