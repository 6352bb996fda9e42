"""READ: answers questions from the read tables; never decides."""
