"""Packs of rules: their model, their reader, and the rulebook."""
