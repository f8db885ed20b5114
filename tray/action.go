package tray

// An Action is what a click asks for.
type Action struct {
	Do      Deed
	Session string // id of the session that is meant
	Alias   string
	Profile string
	On      bool
}

// A Deed is a kind of action.
type Deed string

// The deeds.
const (
	Enable    Deed = "enable"    // ssh for a session, on or off
	Policy    Deed = "policy"    // new sessions automatically, or not
	Copy      Deed = "copy"      // the ssh command
	Terminal  Deed = "terminal"  // with ssh in it
	FileZilla Deed = "filezilla" // at the session's site
	SignIn    Deed = "sign-in"   // in a terminal
	Start     Deed = "start"     // the engine
	Quit      Deed = "quit"      // the tray alone
)
