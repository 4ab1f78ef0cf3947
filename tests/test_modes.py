"""File modes after `chmod`, compared with the real chmod."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zr4lint.programs.modes import UNKNOWN, Mode, changed

if TYPE_CHECKING:
    from pathlib import Path

STARTS = (0o644, 0o755, 0o600, 0o111, 0o4755, 0o000)
MODES = [
    *("755", "0755", "4711", "644", "0", "+x", "a+x", "u+x", "ugo+rx", "-x", "a-x", "g-x", "+r", "u=rw", "=rx", "a=r"),
    *(
        "u+x,g-w",
        "u+rw,+x-w",
        "-x,+x",
        "+x,-x",
        "+X",
        "a-x+X",
        "u=rw,go=r",
        "u=rwx,go=",
        "go=u",
        "g=o,o=u",
        "u=g",
        "+t",
    ),
    *("u+s", "g=s", "o+t", "+w", "-w", "=", "u=", "+111", "-111", "=640", "ug=rX,o=", "u-s,g+w", "a=rwX", "o=g-r"),
]
REFUSED = ["888", "nonsense", "", "u", "x", "u+q", "77777", "u+7", "755,u+x", "+x,", "uu", "u+rw,"]


def real(folder: Path, mode: str) -> list[int | None]:
    """Return the modes of files with the modes STARTS after the real chmod; None for each if it refuses."""
    files = [folder / f"{before:o}" for before in STARTS]
    for file, before in zip(files, STARTS, strict=True):
        file.touch()
        file.chmod(before)
    done = subprocess.run(["chmod", "--", mode, *files], check=False, capture_output=True, umask=0o022)
    return [stat.S_IMODE(file.stat().st_mode) if done.returncode == 0 else None for file in files]


@pytest.mark.parametrize("mode", [*MODES, *REFUSED])
def test_modes_are_those_of_the_real_chmod(mode: str, tmp_path: Path) -> None:
    found = [changed(mode, Mode(before)) for before in STARTS]
    assert [one and one.bits for one in found] == real(tmp_path, mode)
    assert all(one is None or one.known == 0o7777 for one in found)


@pytest.mark.parametrize(
    ("modes", "executable"),
    [
        (["+x"], True),
        (["-x"], False),
        (["755"], True),
        (["u=rw,go=r"], False),
        (["u=rw", "go=r"], False),
        (["u=rw"], None),  # group and others keep what they have
        (["go-x"], None),
        (["u-x", "go-x"], False),
        (["+r"], None),
        (["+X"], None),
        (["644", "+X"], False),
        (["u+x", "+X"], True),
        (["g=u"], None),
        (["600", "g=u"], False),
        (["700", "g=u"], True),
        (["go=", "u=g"], False),
    ],
)
def test_what_is_known_of_a_file_whose_mode_is_not(modes: list[str], executable: bool | None) -> None:
    state = UNKNOWN
    for mode in modes:
        after = changed(mode, state)
        assert after is not None
        state = after
    assert state.executable is executable


clauses = st.from_regex(r"[ugoa]{0,2}([-+=]([rwxXst]{0,3}|[ugo])){1,2}", fullmatch=True)


@pytest.mark.slow
@example("-g+u", 0o677, 0o3516)
@settings(max_examples=300, deadline=None)
@given(st.lists(clauses, min_size=1, max_size=3).map(",".join), st.integers(0, 0o7777), st.integers(0, 0o7777))
def test_what_is_known_holds_whatever_the_rest_is(mode: str, bits: int, known: int) -> None:
    partly = changed(mode, Mode(bits & known, known))
    exactly = changed(mode, Mode(bits))
    assert (partly is None) is (exactly is None)
    if partly is not None and exactly is not None:
        assert partly.bits & partly.known == exactly.bits & partly.known


@given(st.text("ugoarwxXst+-=,0127", max_size=8))
def test_any_text_can_be_read(mode: str) -> None:
    assert (changed(mode, UNKNOWN) or UNKNOWN).executable in (True, False, None)
