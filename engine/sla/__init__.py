"""Pure arithmetic and values of the clocks; no I/O, no library, no notion of now."""
