"""Applying fixes to a fixpoint, and proving the result."""
