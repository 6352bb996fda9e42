"""What the verbs of the command line do; loaded only when one is given."""
