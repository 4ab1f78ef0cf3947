"""What every test can rely on: the same examples each time, and no variable of the caller that changes an output."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from zr4lint.shellcheck import program

STEERING = (
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "CI",
    "GITHUB_ACTIONS",
    "PYTHONWARNINGS",
)
"""Variables that change what zr4lint, or a program that a test runs, writes."""

# How long an example takes says nothing where other tests run beside it. `--hypothesis-profile random` takes others.
settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", settings.get_profile("tests"), derandomize=False)
settings.load_profile("tests")


def pytest_configure() -> None:
    """Take the caller's variables away, for this process and for those that it starts.

    Git tells its hooks where its repository is by variables; a test's own repository would be passed over.
    """
    program.switched_off = True  # only tests that are about ShellCheck start it
    for name in [*os.environ]:
        if name in STEERING or name.startswith("GIT_"):
            del os.environ[name]
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull
