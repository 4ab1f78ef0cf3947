"""Derives a pack from a golden Dockerfile: the file's contents become rules of general kinds."""
