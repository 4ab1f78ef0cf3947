"""Version specifiers: the fast path for plain releases gives the same result as PyPA's library."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from zr4lint.knowledge.versions import bounds, lets_in, pin_of

releases = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers)))
versions = releases | st.tuples(releases, st.sampled_from(["rc1", ".post1", ".dev2", "+cu124", "a1"])).map("".join)
clauses = st.tuples(st.sampled_from(["==", "!=", ">=", "<=", ">", "<"]), versions).map("".join)
wider = clauses | releases.map(lambda version: f"=={version}.*") | releases.map(lambda version: f"~={version}.1")


@given(st.lists(wider, max_size=3).map(",".join), versions)
def test_it_agrees_with_packaging(specifier: str, version: str) -> None:
    try:
        expected = SpecifierSet(specifier).contains(version, prereleases=True)
    except ValueError:
        expected = False
    assert lets_in(specifier, version) is expected


@given(st.lists(wider, max_size=3).map(",".join))
def test_a_pin_is_where_both_bounds_are_at_one_version(specifier: str) -> None:
    found = bounds(specifier)
    pin = found.pin if found is not None else None
    short = pin_of(specifier)
    assert (short is None) == (pin is None)
    assert short is None or bounds(f"=={short}") == bounds(f"=={pin}")
