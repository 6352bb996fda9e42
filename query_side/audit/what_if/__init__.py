"""What would have been attained under another configuration: the log folded again under it."""
