"""Lints very many files on a cluster, writes the results as Parquet, and reports on them."""
