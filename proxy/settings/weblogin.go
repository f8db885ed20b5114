package settings

import (
	"encoding/json"
	"errors"
	"time"
)

// A WebLogin is what is kept of a login at a web server, as a secret: whoever has
// the id is signed in. The password is not kept.
type WebLogin struct {
	ID       string    `json:"id"`
	Expires  time.Time `json:"expires,omitzero"`   // zero if nobody said
	Imported bool      `json:"imported,omitempty"` // made elsewhere, and not ours to end
}

// Secret is the login as a [Secrets] keeps it.
func (l WebLogin) Secret() string {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // a text, a time and a word
	}
	return string(text)
}

// ParseWebLogin reads what Secret wrote.
func ParseWebLogin(secret string) (l WebLogin, err error) {
	if json.Unmarshal([]byte(secret), &l) != nil || l.ID == "" {
		return l, errors.New("read the login: it is damaged") // the parser's words could quote it
	}
	return l, nil
}
