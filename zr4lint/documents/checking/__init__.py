"""What is wrong in a document: statements, numbers, checks, recoveries, references, and the world."""
