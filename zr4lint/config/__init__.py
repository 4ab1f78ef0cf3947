"""Configuration: `[tool.zr4lint]` in pyproject.toml, or zr4lint.toml.

Each file goes by the closest one upwards from it; what is given on the command line wins over it.
"""

from zr4lint.config.force import Force, Given, Value, in_force
from zr4lint.config.locate import Finder, load
from zr4lint.config.model import ConfigError, Configuration

__all__ = ["ConfigError", "Configuration", "Finder", "Force", "Given", "Value", "in_force", "load"]
