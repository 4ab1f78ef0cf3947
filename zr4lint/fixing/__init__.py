"""Applies fixes until nothing changes, and proves that the result is no worse."""
