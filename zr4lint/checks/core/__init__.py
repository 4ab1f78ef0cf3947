"""Kinds of check for any Dockerfile: the vocabulary of pack core and of every specification."""
