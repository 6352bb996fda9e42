"""The read tables, one file a projection."""
