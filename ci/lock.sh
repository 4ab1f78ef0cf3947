#!/usr/bin/env bash
# Writes the versions of the environment that runs it, and the hashes of the files that the action and the Makefile
# install, on any system.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
{
    echo "# Written by make lock; .ci/run hands it to pip."
    "$python" -m pip --disable-pip-version-check freeze --exclude-editable --exclude zr4lint
} > ci/constraints.txt

"$python" -m venv .venv/lock
.venv/lock/bin/python -m pip install --quiet --quiet --disable-pip-version-check 'uv>=0.9,<1'
build=$("$python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])')

# hashed FILE WHO [REQUIREMENT] [--extra NAME ...]
hashed() {
    local file=$1 who=$2 more=$3
    shift 3
    {
        echo "# Written by make lock; $who hands it to pip."
        printf '%s\n' "$build" "$more" |
            .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
                --no-header --no-emit-index-url --no-emit-find-links --constraint ci/constraints.txt "$@" \
                pyproject.toml -
    } > "$file"
}

# hatchling makes an editable installation with editables.
hashed ci/action-requirements.txt ci/action.sh ""
hashed ci/requirements/run.txt "the Makefile" "editables>=0.5,<1"
hashed ci/requirements/test.txt "the Makefile" "" --extra test --extra lsp --extra fleet
hashed ci/requirements/judge.txt "the Makefile" "" --extra test --extra judge --extra lsp --extra fleet
hashed ci/requirements/docs.txt "the Makefile" "" --extra docs
hashed ci/requirements/release.txt "the Makefile" "" --extra release
