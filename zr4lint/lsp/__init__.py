"""The language server: what editors show of a lint while a file is written."""
