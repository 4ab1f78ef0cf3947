"""Lints of very many files on a cluster: what to lint, parts of it, Parquet, and the report on that."""
