"""Demands that a document states in words: how strong they are, what they are about, and the check that holds them."""
