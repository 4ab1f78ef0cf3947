#!/usr/bin/env bash
# Writes the versions that continuous integration installs, those of the environment it is run with, and with the hashes
# of their files those that the action installs, on any system.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
{
    echo "# Written by make lock; .ci/run hands it to pip."
    "$python" -m pip --disable-pip-version-check freeze --exclude-editable --exclude zr4lint
} > ci/constraints.txt

"$python" -m venv .venv/lock
.venv/lock/bin/python -m pip install --quiet --quiet --disable-pip-version-check 'uv>=0.9,<1'
{
    echo "# Written by make lock; ci/action.sh hands it to pip."
    "$python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])' |
        .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
            --no-header --no-emit-index-url --no-emit-find-links --constraint ci/constraints.txt pyproject.toml -
} > ci/action-requirements.txt
