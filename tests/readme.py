"""Run the commands of README.md one after the other and replace the output in the page.

`make docs` writes the result; a test compares it. The kinds of fenced blocks:

    console            "$ " and a command, then its output; exit codes 0 and 1 are allowed
    sh                 commands that have to succeed
    toml file=NAME     the content of that file
    json               the first finding of the command above, run with `json` instead of `concise`
    pycon              a doctest
    yaml               a configuration; tests/test_readme.py runs its commands
    text               commands for the reader's repository; tests/test_readme.py runs them in one
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from tests.installed import ROOT, copy_to, environment, new_environment, programs, run, scratch

README = ROOT / "README.md"
HERE = "zr4lint"
FENCE = re.compile(r"^```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its kind, the file that it is written to, its content, and its place in the text."""

    kind: str
    file: str | None
    body: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """Return all fenced blocks of a text; raises ValueError for a block without a kind."""
    found = [Block(m["kind"], m["file"], m["body"], *m.span("body")) for m in FENCE.finditer(text)]
    if len(found) * 2 != len(re.findall("^ *```", text, re.MULTILINE)):
        raise ValueError("a fence that is indented, never closed, or of no kind")
    return found


def replayed(text: str) -> str:
    """Return the text with the current output of its commands."""
    story = Story()
    parts: list[str] = []
    at = 0
    for block in blocks(text):
        parts += (text[at : block.start], story.play(block))
        at = block.end
    return "".join((*parts, text[at:]))


class Story:
    """A copy of the repository with its own git history, and an installed zr4lint."""

    def __init__(self) -> None:
        self.folder = copy_to(scratch() / f"readme-{id(self)}")
        self.origin = copy_to(scratch() / f"origin-{id(self)}")
        git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "x"]):
            run(*git, *command, cwd=self.origin)
        self.command = ""

    def play(self, block: Block) -> str:
        """Return the new content of a block."""
        match block.kind:
            case "console":
                return "".join(self._console(block.body))
            case "sh":
                for line in block.body.splitlines():
                    self.succeed(line)
            case "toml":
                tomllib.loads(block.body)
                assert block.file is not None
                (self.folder / block.file).write_text(block.body, encoding="utf-8")
            case "json":
                report = json.loads(self.shell(self.command.replace("concise", "json")).stdout)
                return json.dumps(report["findings"][0], indent=2) + "\n"
            case "pycon":
                script = self.folder / "session.txt"
                script.write_text(block.body, encoding="utf-8")
                self.succeed("python -m doctest session.txt")
            case "yaml" | "text":
                pass
            case kind:
                raise ValueError(f"nothing is known of blocks of the kind {kind!r}")
        return block.body

    def _console(self, body: str) -> Iterator[str]:
        for line in body.splitlines(keepends=True):
            if line.startswith("$ "):
                self.command = line.removeprefix("$ ").rstrip("\n")
                yield line
                done = self.shell(self.command)
                assert done.returncode in (0, 1), f"{line}{done.stdout}"
                yield done.stdout

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy; return stdout and stderr together."""
        return subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=environment(programs()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=1800,
        )

    def succeed(self, command: str) -> None:
        """Run a command that has to succeed; pip installs this copy into a separate environment."""
        if command == "make test":  # this is part of it
            command = "make --dry-run test"
        if command == f"python3 -m pip install {HERE}":
            python = new_environment("readme-environment") / "python"
            command = f"{sys.executable} -m pip --quiet --python {python} install {self.origin}"
            command = f"{command} && {python} -m zr4lint --version"
        done = self.shell(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}"


if __name__ == "__main__":
    README.write_text(replayed(README.read_text(encoding="utf-8")), encoding="utf-8")
