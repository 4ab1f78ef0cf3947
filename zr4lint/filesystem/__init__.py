"""Reading and writing files, limits, and patterns of paths."""
