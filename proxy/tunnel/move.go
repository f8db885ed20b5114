package tunnel

// Move says that the far side is another one from now on. It ends the connections that
// have reached the one before, and returns how many; clients that are being held are
// led to the new one.
func (t *Tunnel) Move() (ended int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moves++
	for c := range t.open {
		if c.check != nil {
			c.cancel(ErrAnother)
			ended++
		}
	}
	return ended
}

// where tells the far side of now from those before and after it.
func (t *Tunnel) where() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moves
}
