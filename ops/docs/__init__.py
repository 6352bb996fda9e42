"""The documentation's pages that are written from the code, and its pictures."""
