from __future__ import annotations

from tests.architecture_page import PAGE, ROOT, page, rooms, sentence


def test_the_page_is_what_the_contract_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_every_room_says_in_one_sentence_what_is_in_it() -> None:
    inside = {path.stem for path in (ROOT / "zr4lint").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert inside - {"__init__", "__pycache__", "py"} == set(rooms())
    assert [room for room in rooms() if not sentence(room).endswith(".") or len(sentence(room)) > 90] == []
