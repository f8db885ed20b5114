package tunnel

// Move says that the far side is another one from now on. It ends the connections that
// have reached the one before, and returns how many; clients that are being held are
// led to the new one.
func (t *Tunnel) Move() (ended int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moves++
	for c := range t.open {
		if c.reached != nil {
			c.cancel(ErrAnother)
			ended++
		}
	}
	return ended
}

// Drop ends every open connection, and returns how many had reached the far side. A
// client that is still being held is told the reason; to the others ssh allows no word
// once they are encrypted.
func (t *Tunnel) Drop(reason error) (ended int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.open {
		if c.reached != nil {
			ended++
		}
		c.cancel(reason)
	}
	return ended
}

// where tells the far side of now from those before and after it.
func (t *Tunnel) where() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moves
}
