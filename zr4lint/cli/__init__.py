"""The command line: one click module for each command, without logic."""
