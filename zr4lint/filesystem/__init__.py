"""Reads and writes files, sets limits, and matches patterns of paths."""
