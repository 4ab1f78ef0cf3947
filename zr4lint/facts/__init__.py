"""Facts: what the build does, read from instructions and commands in one pass."""

from zr4lint.facts.build import gather
from zr4lint.facts.model import (
    INHERITED,
    AptRun,
    At,
    Cloned,
    CommandSet,
    Copied,
    EnvSet,
    Fact,
    Facts,
    ModeChanged,
    PipRun,
    Removed,
    RepositoryAdded,
    Stage,
    VenvCreated,
    WorkdirSet,
)

__all__ = [
    "INHERITED",
    "AptRun",
    "At",
    "Cloned",
    "CommandSet",
    "Copied",
    "EnvSet",
    "Fact",
    "Facts",
    "ModeChanged",
    "PipRun",
    "Removed",
    "RepositoryAdded",
    "Stage",
    "VenvCreated",
    "WorkdirSet",
    "gather",
]
