"""Settings of a run, and discovery of the files to lint.

Each file takes its settings from the closest zr4lint.toml or pyproject.toml in its folder or above. The command line
overrides them.
"""

from zr4lint.project.configuration import ConfigError
from zr4lint.project.finder import Finder
from zr4lint.project.settings import Layer, Settings

__all__ = ["ConfigError", "Finder", "Layer", "Settings"]
