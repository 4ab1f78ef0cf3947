"""Checks Markdown specifications, compiles packs from them, and traces requirements."""
