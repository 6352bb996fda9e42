"""TIME AND CONSEQUENCE: the clocks' arithmetic, the watch, and what is told to whom."""
