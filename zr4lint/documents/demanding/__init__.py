"""Reads the demands that a document states in prose: their strength, their subject, and the check for them."""
