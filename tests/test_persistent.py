"""Maps with shared structure behave like plain dicts."""

from __future__ import annotations

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from zr4lint.facts.persistent import Map

NAMES = st.one_of(
    st.text(max_size=3),
    st.integers(0, 300).map(str),
    st.sampled_from(["plumless", "buckeroo", "\ud800"]),
)


@given(st.lists(st.tuples(NAMES, st.integers()), max_size=400))
def test_every_version_stays_what_it_was(puts: list[tuple[str, int]]) -> None:
    versions: list[tuple[Map[int], dict[str, int]]] = [(Map(), {})]
    for name, value in puts:
        tree, plain = versions[-1]
        versions.append((tree.put(name, value), {**plain, name: value}))
    for tree, plain in versions[:: max(len(versions) // 8, 1)]:
        assert dict(tree) == plain
        assert len(tree) == len(plain)
        assert all(name in tree and tree.get(name) == plain[name] for name in plain)
        assert "absent" not in tree
        assert tree.get("absent") is None


def test_names_of_one_hash_are_told_apart() -> None:
    assert crc32(b"plumless") == crc32(b"buckeroo")
    tree = Map({"plumless": 1}).put("buckeroo", 2).put("plumless", 3)
    assert dict(tree) == {"plumless": 3, "buckeroo": 2}
