from __future__ import annotations

import doctest

from tests.api_page import PAGE, page
from zr4lint import api


def test_the_page_is_what_the_docstrings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_its_examples_are_true() -> None:
    tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried.failed == 0
    assert tried.attempted >= 8


def test_every_public_name_says_what_it_is() -> None:
    assert [name for name in api.__all__ if len((getattr(api, name).__doc__ or "").split()) < 3] == []
