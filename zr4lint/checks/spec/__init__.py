"""Kinds of check for the requirements of a specification."""
