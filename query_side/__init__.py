"""READ: answers questions from the read tables, in `audit` from the log itself; never decides."""
