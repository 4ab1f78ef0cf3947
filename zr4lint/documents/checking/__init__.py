"""The checks of documents: statements, numbers, verification, recoveries, references, and the world."""
