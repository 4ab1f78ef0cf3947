"""zr4lint proves that a Dockerfile conforms to its specification."""

__version__ = "0.1.0"
