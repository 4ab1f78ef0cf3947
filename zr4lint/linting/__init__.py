"""Runs the rules of packs on the facts of a file and processes their findings."""
