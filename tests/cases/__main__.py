"""Update cases: `python -m tests.cases [--update] [PACK/RULE ...]` shows changes, and writes them with --update.

Read the difference before you commit it: a rule's current findings are not always right.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.cases.case import FIXTURES, Case, Cases, RuleCase, case_files, read, write
from tests.cases.judging import findings, observed, source_of

if TYPE_CHECKING:
    from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.cases", description="Show how cases differ from their rules."
    )
    parser.add_argument("--update", action="store_true", help="write what the rules say into the files")
    parser.add_argument(
        "rules", nargs="*", metavar="PACK/RULE", help="look at these rules only, such as ml/index-unknown"
    )
    options = parser.parse_args()
    known = {f"{path.parent.name}/{path.stem}": path for path in case_files()}
    if unknown := [rule for rule in options.rules if rule not in known]:
        parser.error(f"no file of cases for {', '.join(unknown)}")
    changed = [
        path for name, path in known.items() if name in (options.rules or known) and differs(path, options.update)
    ]
    if changed:
        print(
            f"{len(changed)} files {'changed' if options.update else 'differ; --update writes them'}", file=sys.stderr
        )
    return int(bool(changed) and not options.update)


def differs(path: Path, update: bool) -> bool:
    """Print how a file differs from the rules' findings and return whether it does; write it if `update` is set."""
    before = path.read_text(encoding="utf-8")
    name = path.relative_to(FIXTURES.parent).as_posix()
    after = comment(before) + write(current(path, read(path)))
    sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name))
    if update and after != before:
        path.write_text(after, encoding="utf-8", newline="")
    return after != before


def comment(text: str) -> str:
    """Return the comment at the start of a file; other comments are not kept."""
    lines = text.splitlines(keepends=True)
    kept = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "".join(lines[:kept]) + ("\n" if kept else "")


def current(path: Path, cases: Cases) -> Cases:
    """Return the cases with the rule's current findings. Bad cases stay bad and good ones stay good."""
    return Cases(bad=tuple(_current(path, cases.bad)), good=tuple(_current(path, cases.good)))


def _current(path: Path, cases: Iterable[Case]) -> Iterable[Case]:
    for case in cases:
        item = RuleCase(path.parent.name, path.stem, "bad", case)
        source = source_of(item)
        yield observed(case, source, findings(item, source))


if __name__ == "__main__":
    sys.exit(main())
