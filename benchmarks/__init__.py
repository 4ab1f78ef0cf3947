"""Compare the speed of zr4lint with that of other linters: `python -m benchmarks`, or `make bench`."""
