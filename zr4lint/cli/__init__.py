"""The command line: one module a command, click and no logic."""
