"""The SQL files that make the store's tables and functions, applied in order of their names."""
