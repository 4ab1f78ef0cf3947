"""Set-up of every test: the same examples in each run, and no variable of the caller that changes output."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadGroupScheduling

from tests.support.telling import TOLD
from zr4lint.shellcheck import program

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from xdist.remote import Producer

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
"""Variables that change the output of zr4lint or of a program that a test runs."""

IGNORED_BY_SOME = (signal.SIGINT, signal.SIGHUP)

DAY_OF_TESTS = "1796083200"
"""The fixed date of all tests, 2026-12-01, on which no table of facts is older than a year."""

# No deadline, because other tests run at the same time. `--hypothesis-profile random` uses other examples.
settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", settings.get_profile("tests"), derandomize=False)
settings.load_profile("tests")


def pytest_configure() -> None:
    """Remove the caller's variables from this process and the processes that it starts.

    Git sets variables for its hooks that would hide a test's own repository. Programs of a test would also ignore the
    signals that the caller ignores, for example under nohup or as a background job.
    """
    for number in IGNORED_BY_SOME:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    program.switched_off = True  # only the tests of ShellCheck start it
    for name in [*os.environ]:
        if name in STEERING or name.startswith("GIT_"):
            del os.environ[name]
    os.environ["SOURCE_DATE_EPOCH"] = DAY_OF_TESTS
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no process still runs one when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling:
    """Run the tests of one file in one process, which creates shared objects once and gets all tests in one message."""
    return ByFile(config, log)


class ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """Schedule the tests of one group, or of one file, together."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return scope.partition("::")[0]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the measurements of tests."""
    reports = [report for passed in ("passed", "failed") for report in terminalreporter.getreports(passed)]
    for line in sorted(str(value) for report in reports for name, value in report.user_properties if name == TOLD):
        terminalreporter.write_line(line)
