from __future__ import annotations

from tests.cli_page import PAGE, page
from zr4lint.cli.command_names import COMMANDS, DEFAULT


def test_the_page_is_what_the_command_line_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_command_has_a_section() -> None:
    text = page()
    assert [name for name in COMMANDS if name != DEFAULT and f"\n## zr4lint {name}\n" not in text] == []
