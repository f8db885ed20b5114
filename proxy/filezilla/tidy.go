package filezilla

// tidy takes away what we made and what is empty now, from the inside out. It
// reports whether nothing is left that is anybody's.
func (s *sites) tidy() (nothing bool) {
	s.tidyFolder()
	if s.servers != nil && s.empty(s.servers, nil) {
		if note, _ := s.note(s.servers); note == noteMade {
			s.remove(s.servers)
		} else {
			s.close(s.servers)
		}
	}
	return s.tidyRoot()
}

// tidyFolder removes a folder from which the last site of ours went, unless a
// note says that it was there empty before us.
func (s *sites) tidyFolder() {
	if s.folder == nil || !s.empty(s.folder, s.folder.own()) {
		return
	}
	note, at := s.note(s.folder)
	switch {
	case note == noteFound:
		s.replace(at.span, "")
	case note == noteMade, s.removed > 0:
		s.remove(s.folder)
	}
}

func (e *editor) tidyRoot() (nothing bool) {
	if !e.empty(e.root, nil) {
		return false
	}
	note, _ := e.note(e.root)
	e.close(e.root)
	return note == noteMade
}
