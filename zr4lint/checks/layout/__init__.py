"""Kinds of check for lines, layers and their order."""
