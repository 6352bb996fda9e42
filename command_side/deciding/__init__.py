"""Where it is decided: pure, no I/O, no clock, no library but the one that spells stored events."""
