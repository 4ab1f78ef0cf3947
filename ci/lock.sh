#!/usr/bin/env bash
# Writes ci/constraints.txt: the versions that continuous integration installs, those of the environment it is run with.
set -euo pipefail
cd "$(dirname "$0")/.."
{
    echo "# Written by make lock; .ci/run hands it to pip."
    .venv/bin/python -m pip --disable-pip-version-check freeze --exclude-editable --exclude zr4lint
} > ci/constraints.txt
