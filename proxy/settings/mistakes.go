package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// A MistakeError says that there are mistakes in the settings, all within profiles.
// The others are not to suffer: what is wrong is marked as such.
type MistakeError struct {
	Profiles []string // sorted
	Err      error
}

func (e *MistakeError) Error() string { return e.Err.Error() }

func (e *MistakeError) Unwrap() error { return e.Err }

// Usable reports whether settings that were loaded with an error can be used.
func Usable(err error) bool {
	var mistakes *MistakeError
	return err == nil || errors.As(err, &mistakes)
}

// newMistake returns what is wrong with a text that was not wrong with the old one.
func newMistake(old, text []byte) error {
	_, err := Parse(text)
	var now, before *MistakeError
	if !errors.As(err, &now) {
		return err
	}
	_, was := Parse(old)
	if !errors.As(was, &before) {
		return err
	}
	for _, profile := range now.Profiles {
		if !slices.Contains(before.Profiles, profile) {
			return err
		}
	}
	return nil
}

// inProfiles finds the profiles that a parser's complaint is about. It is confined to
// them if the parser went on to the end and all it did not know is there.
func inProfiles(err error) (wrong map[string]error, confined bool) {
	wrong = map[string]error{}
	var unknown *toml.StrictMissingError
	if !errors.As(err, &unknown) {
		return wrong, false
	}
	for i := range unknown.Errors {
		key := unknown.Errors[i].Key()
		if len(key) < 3 || key[0] != "profiles" {
			return wrong, false
		}
		if wrong[key[1]] == nil {
			wrong[key[1]] = place(&toml.StrictMissingError{Errors: unknown.Errors[i : i+1]})
		}
	}
	return wrong, true
}

// markWrong checks each profile, and marks those that have a mistake.
func (s Settings) markWrong(wrong map[string]error) error {
	mistakes := &MistakeError{}
	var errs []string
	for _, name := range s.ProfileNames() {
		p, err := s.Profiles[name], wrong[name]
		if err == nil {
			if p.Wrong = p.check(); p.Wrong == nil {
				continue
			}
			err = fmt.Errorf("profiles.%s: %w", name, p.Wrong)
		} else {
			p.Wrong = err
		}
		s.Profiles[name] = p.harmless(name)
		mistakes.Profiles = append(mistakes.Profiles, name)
		errs = append(errs, err.Error())
	}
	if errs == nil {
		return nil
	}
	mistakes.Err = errors.New(strings.Join(errs, "; "))
	return mistakes
}

// harmless takes out of a wrong profile what others read of it.
func (p Profile) harmless(name string) Profile {
	if !aliasPrefix.MatchString(p.AliasPrefix) {
		p.AliasPrefix = "bai-" + name
	}
	if CheckAccount(p.Account) != nil {
		p.Account = DefaultAccount
	}
	for session, o := range p.Sessions {
		if o.check() != nil {
			delete(p.Sessions, session)
		}
	}
	return p
}

// Keeping returns the settings with those profiles that are wrong as they were before,
// where they were not.
func (s Settings) Keeping(before Settings) Settings {
	for name, p := range s.Profiles {
		if was, ok := before.Profiles[name]; ok && p.Wrong != nil && was.Wrong == nil {
			s.Profiles[name] = was
		}
	}
	return s
}
