"""READ: sums over the cycles of clocks, one row a cycle, and the rows themselves."""
