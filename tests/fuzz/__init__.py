"""Fuzzing: no input may make zr4lint raise, hang or write terminal control sequences."""
