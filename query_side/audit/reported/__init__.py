"""Reports as they stood at another instant, or by what was known then: their rows, by replay."""
