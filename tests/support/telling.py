"""What a test measures and `make test` prints: a process that runs tests beside others has no terminal."""

TOLD = "told"
"""The name of a property of a test whose value is a line at the end of a run."""
