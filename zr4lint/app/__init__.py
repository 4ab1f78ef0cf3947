"""A run over many files: plan, work, verdict."""
