"""FOLD: events in, rows out; the only writer of the read tables."""
