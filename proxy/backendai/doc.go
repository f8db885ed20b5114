// Package backendai speaks with a Backend.AI manager, with a key pair, or with the
// web server before it, with a login: it lists a user's sessions, watches their
// events, fetches their key files and opens tunnels to their ssh servers as
// [net.Conn]. It keeps no state but the clock
// correction, decides nothing and retries nothing; its errors are classes
// ([Kind]) that a caller can decide on.
//
// Releases 22.03 to 26.9 are understood. Facts about them are quoted by release
// where they are used.
package backendai
