"""Traces requirements from the lines of a document to the words of a Dockerfile, and back."""
