"""Fuzz one room with atheris, which searches for inputs that reach new code.

`python -m tests.fuzz.guided shell -max_total_time=60`; the options after the room are libFuzzer's. The words
of the other harness are its dictionary, and the Dockerfiles of this repository are its first inputs.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module, util
from pathlib import Path

ROOMS = ("parser", "shell", "facts", "checks", "documents", "logs")


def main() -> int:
    """Fuzz up to libFuzzer's limits; a failure ends the process with its traceback."""
    room, *options = sys.argv[1:] or ["parser"]
    if room not in ROOMS:
        print(f"no room {room}: {', '.join(ROOMS)}", file=sys.stderr)
        return 2
    if util.find_spec("atheris") is None:
        print("atheris is not installed; coverage-guided fuzzing is skipped")
        return 0
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["zr4lint"]):
        trial = import_module("tests.fuzz.trial")
        inputs = import_module("tests.fuzz.inputs")
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(inputs.OTHERS.get(room, inputs.corpus)()):
            Path(folder, str(number)).write_bytes(data)
        words = Path(folder, "words")
        words.write_text("".join(map(_entry, (*inputs.SHELL, *inputs.PIECES))))
        arguments = [sys.argv[0], f"-dict={words}", "-max_len=4096", "-timeout=20", *options, folder]
        atheris.Setup(arguments, lambda data: trial.stand(data, room))
        atheris.Fuzz()
    return 0


def _entry(word: str) -> str:
    shown = "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "replace"))
    return f'"{shown}"\n' if shown else ""


if __name__ == "__main__":
    sys.exit(main())
