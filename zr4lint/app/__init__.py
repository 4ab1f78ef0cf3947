"""Runs over many files: plan, tasks, workers, verdict."""
