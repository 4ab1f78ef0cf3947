"""Times of zr4lint beside those of other linters: `python -m benchmarks`, or `make bench`."""
