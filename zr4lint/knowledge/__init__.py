"""Dated tables of facts about the world, and version arithmetic."""
