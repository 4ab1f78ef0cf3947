"""Kinds of check for any Dockerfile, for the pack `core` and for specifications."""
