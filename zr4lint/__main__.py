"""`python -m zr4lint`."""

from zr4lint.cli import main

main()
