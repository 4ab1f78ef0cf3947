"""The project around a file: which files are linted, and with which settings.

Settings come from the closest zr4lint.toml or pyproject.toml upwards from each file. The command line overrides them.
"""

from zr4lint.project.configuration import ConfigError
from zr4lint.project.finder import Finder
from zr4lint.project.settings import Layer, Settings

__all__ = ["ConfigError", "Finder", "Layer", "Settings"]
