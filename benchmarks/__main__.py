"""`python -m benchmarks [--rounds N] [--folder DIR] [NAME ...]`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.inputs import ROOT
from benchmarks.measure import RunError, Taken, rounds, spread
from benchmarks.plans import PLANS, Bar, Place, Plan
from benchmarks.programs import install

_TIMES = "{:<16} {:<18} {:>9} {:>19} {:>9} {:>9}"
_RATIOS = "{:<16} {:<26} {:>7} {:>17} {:>10}  {}"


def main() -> int:
    """Run the named measurements; return 1 if a bar is not met."""
    given = _arguments()
    print("Installing zr4lint, hadolint and tally ...", file=sys.stderr)
    programs = install(ROOT / "build" / "bench")
    times = [_TIMES.format("measurement", "program", "wall", "quartiles", "cpu", "memory")]
    ratios = [_RATIOS.format("measurement", "ratio, pair by pair", "median", "quartiles", "bar", "")]
    missed = False
    with tempfile.TemporaryDirectory(prefix="zr4lint-bench-") as scratch:
        place = Place(programs, Path(scratch), given.folder)
        for name in given.names or PLANS:
            for plan in PLANS[name](place):
                print(f"{plan.title} ...", file=sys.stderr)
                try:
                    count = max(given.rounds // plan.share, 1)
                    taken = rounds(plan.commands, count, place.scratch, one_core=plan.one_core, warm=plan.share == 1)
                except RunError as error:
                    print(error, file=sys.stderr)
                    missed = True
                    continue
                times += _times(plan, taken)
                for bar in plan.bars:
                    line, met = _ratio(plan, bar, taken)
                    ratios.append(line)
                    missed = missed or not met
    load = os.getloadavg()[0]
    print(*times, "", *ratios, "", f"{os.cpu_count()} cores, load {load:.1f}", sep="\n")
    return int(missed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Times of zr4lint beside other linters.")
    parser.add_argument("--rounds", type=int, default=12, help="how often each program is run; long ones less often")
    parser.add_argument("--folder", type=Path, help="a folder of real Dockerfiles, for the measurement `real`")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(PLANS)}; default: all")
    given = parser.parse_args()
    for name in given.names:
        if name not in PLANS:
            parser.error(f"no measurement is called {name!r}; there are {', '.join(PLANS)}")
    return given


def _times(plan: Plan, taken: list[list[Taken]]) -> list[str]:
    lines = []
    for command, runs in zip(plan.commands, taken, strict=True):
        wall = spread([one.wall for one in runs])
        cpu = spread([one.cpu for one in runs]).median
        memory = max(one.memory for one in runs)
        quartiles = f"{wall.low:.3f} - {wall.high:.3f}"
        figures = (f"{wall.median:.3f} s", quartiles, f"{cpu:.3f} s", f"{memory:.0f} MB")
        lines.append(_TIMES.format(plan.title, command.name, *figures))
    return lines


def _ratio(plan: Plan, bar: Bar, taken: list[list[Taken]]) -> tuple[str, bool]:
    pairs = zip(taken[bar.program], taken[bar.other], strict=True)
    found = spread([getattr(one, bar.figure) / getattr(other, bar.figure) for one, other in pairs])
    met = bar.met(found.median)
    limit = f"{'>=' if bar.at_least else '<='} {bar.limit:g}"
    quartiles = f"{found.low:.2f} - {found.high:.2f}"
    word = "met" if met else "NOT MET"
    return _RATIOS.format(plan.title, bar.what, f"{found.median:.2f}", quartiles, limit, word), met


if __name__ == "__main__":
    sys.exit(main())
