"""Configuration: `[tool.zr4lint]` in pyproject.toml, or zr4lint.toml.

Each file goes by the closest one upwards from it; what is given on the command line wins over it.
"""

from zr4lint.project.configuration import ConfigError, Configuration
from zr4lint.project.locate import Finder, load
from zr4lint.project.settings import Force, Given, Value, in_force

__all__ = ["ConfigError", "Configuration", "Finder", "Force", "Given", "Value", "in_force", "load"]
