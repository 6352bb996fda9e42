"""Long work that somebody has asked for: done apart, one after the other, behind live work."""
