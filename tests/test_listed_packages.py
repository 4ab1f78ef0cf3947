"""`pip freeze` passes the packages of its environment to another command."""

from __future__ import annotations

import pytest

from zr4lint.dockerfile import parse
from zr4lint.facts import PipRun, gather
from zr4lint.model.source import SourceFile

PYTHON = "FROM python:3.11"
LISTED = "RUN pip freeze | xargs pip install --upgrade"


@pytest.mark.parametrize(
    ("text", "names", "others"),
    [
        (f"{PYTHON}\nRUN pip install torch==2.5.1 einops\n{LISTED}", ["torch", "einops"], False),
        (f"{PYTHON}\nRUN pip install torch && pip uninstall -y $(pip freeze)", ["torch"], False),
        (f"{PYTHON} AS a\nRUN pip install torch\nFROM a\n{LISTED}", ["torch"], False),
        (f"{PYTHON} AS a\nRUN pip install torch\n{PYTHON}\nRUN pip install einops\n{LISTED}", ["einops"], False),
        (f"{PYTHON}\nRUN /opt/v/bin/pip install torch\nRUN pip install einops\n{LISTED}", ["einops"], False),
        (f"{PYTHON}\nRUN pip install torch einops\nRUN pip uninstall -y torch\n{LISTED}", ["einops"], False),
        (f"{PYTHON}\nRUN pip install --dry-run torch\nRUN pip install einops\n{LISTED}", ["einops"], False),
        (f"{PYTHON}\nRUN printf 'torch\\n' > /r && pip install -r /r\n{LISTED}", ["torch"], False),
        (f"{PYTHON}\nRUN pip install torch; grep -q x /y && pip install a\n{LISTED}", ["torch", "a"], False),
        # Other commands
        (f"{PYTHON}\nCOPY r.txt /\nRUN pip install torch && pip install -r /r.txt\n{LISTED}", ["torch"], True),
        (f"FROM a/b\nRUN pip install torch\n{LISTED}", ["torch"], True),
        (f"FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel\nRUN pip install einops\n{LISTED}", ["einops"], True),
        (f"{PYTHON}\nRUN pip install torch; grep -q x /y && pip install einops; true\n{LISTED}", ["torch"], True),
        (f"{PYTHON}\nRUN pip install torch && pip install $MORE\n{LISTED}", ["torch"], False),
        (f"{PYTHON}\nARG MORE\nRUN pip install torch && pip install $MORE\n{LISTED}", ["torch"], True),
        (f"{PYTHON}\nRUN pip install torch && poetry install\n{LISTED}", ["torch"], True),
        (f"{PYTHON}\nRUN pip install torch && ./more.sh\n{LISTED}", ["torch"], True),
        (f"{PYTHON}\nCOPY --from=x /s /s\nRUN pip install torch\n{LISTED}", ["torch"], True),
    ],
)
def test_packages_of_pip_freeze(text: str, names: list[str], others: bool) -> None:
    found = gather(parse(SourceFile(f"{text}\n")), {"python": ()})
    command = [fact for fact in found.facts if isinstance(fact, PipRun)][-1].command
    assert [requirement.name for requirement in command.requirements] == names
    assert command.parsed.unknown is others
