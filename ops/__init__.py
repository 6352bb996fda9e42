"""PLUGGED TOGETHER: wiring, command line, logging, and all that runs the house."""
