"""Measurements of tests that `make test` prints at the end, since parallel test processes have no terminal."""

TOLD = "told"
"""Name of the test property whose value is printed as a line at the end of a run."""
