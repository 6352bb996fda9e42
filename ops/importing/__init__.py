"""Import: files of ticket updates read row by row and posted to a running service."""
