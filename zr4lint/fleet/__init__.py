"""Lints of very many files on a cluster, their results as Parquet, and the report on them."""
