"""Packs: their model, how they are read, and the rulebook."""
