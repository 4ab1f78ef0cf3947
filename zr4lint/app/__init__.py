"""Runs over many files: finding and linting them in worker processes, and the exit code."""
