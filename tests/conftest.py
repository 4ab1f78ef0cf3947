"""What every test can rely on: the same examples each time, and no variable of the caller that changes an output."""

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
"""Variables that change what zr4lint, or a program that a test runs, writes."""

IGNORED_BY_SOME = (signal.SIGINT, signal.SIGHUP)

DAY_OF_TESTS = "1796083200"
"""A day on which no table of facts is older than a year, whatever the clock says: 2026-12-01."""

# How long an example takes says nothing where other tests run beside it. `--hypothesis-profile random` takes others.
settings.register_profile(
    "tests", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", settings.get_profile("tests"), derandomize=False)
settings.load_profile("tests")


def pytest_configure() -> None:
    """Take the caller's variables away, for this process and for those that it starts.

    Git tells its hooks where its repository is by variables; a test's own repository would be passed over. Signals that
    the caller ignores, as nohup and jobs in the background do, would be ignored by every program of a test.
    """
    for number in IGNORED_BY_SOME:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    program.switched_off = True  # only tests that are about ShellCheck start it
    for name in [*os.environ]:
        if name in STEERING or name.startswith("GIT_"):
            del os.environ[name]
    os.environ["SOURCE_DATE_EPOCH"] = DAY_OF_TESTS
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left with it when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling:
    """Give the tests of one file to one process: what they share is made once, and one message sends them all."""
    return ByFile(config, log)


class ByFile(LoadGroupScheduling):  # type: ignore[misc]
    """Tests go together that have a group, or a file."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return scope.partition("::")[0]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what tests have measured."""
    reports = [report for passed in ("passed", "failed") for report in terminalreporter.getreports(passed)]
    for line in sorted(str(value) for report in reports for name, value in report.user_properties if name == TOLD):
        terminalreporter.write_line(line)
