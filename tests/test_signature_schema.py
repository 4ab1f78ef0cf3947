"""The JSON schema of signatures accepts and refuses the same files as the reader."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.signature_schema import PATH, schema, text
from zr4lint.diagnose.catalogue import SignatureError, load, shipped_files
from zr4lint.filesystem.shipped import shipped_document

if TYPE_CHECKING:
    from pathlib import Path

JUDGE = jsonschema.Draft202012Validator(schema())
OWN = """\
[[signature]]
id = "proxy-refuses"
cause = "the proxy lets {host|this host} not through"
cure = "ask for the host to be allowed"
confidence = "certain"
says = ["our-proxy: access to <host> is denied"]
"""


def test_the_file_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run `python -m tests.signature_schema`"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", shipped_files())
def test_signatures_that_come_along_fit(name: str) -> None:
    JUDGE.validate(shipped_document(f"signatures/{name}"))


@pytest.mark.parametrize(
    ("old", "new", "fits"),
    [
        ("", "", True),
        ("says = [", 'with = ["our"]\nmistaken-for = ["disk-full"]\nrank = 2\nsays = [', True),
        ('id = "proxy-refuses"', 'id = "Proxy"', False),
        ('id = "proxy-refuses"\n', "", False),
        ('confidence = "certain"', 'confidence = "sure"', False),
        ('says = ["our-proxy: access to <host> is denied"]', "says = 3", False),
        ('says = ["our-proxy: access to <host> is denied"]', "says = []", False),
        ("says =", "say =", False),
        ("says = [", 'proves = ["torch-pin"]\nsays = [', False),
        ("says = [", 'phase = "test"\nsays = [', False),
        ("[[signature]]", "[[signatures]]", False),
    ],
)
def test_the_schema_and_the_reader_agree(tmp_path: Path, old: str, new: str, fits: bool) -> None:
    words = OWN.replace(old, new, 1)
    (tmp_path / "own.toml").write_text(words)
    assert JUDGE.is_valid(tomllib.loads(words)) is fits
    if fits:
        load([str(tmp_path / "own.toml")])
    else:
        with pytest.raises(SignatureError):
            load([str(tmp_path / "own.toml")])
