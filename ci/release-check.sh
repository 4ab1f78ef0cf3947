#!/usr/bin/env bash
# Builds a release in dist/ and checks it: two builds with one hash, metadata and contents, a run in each Python, an SBOM.
# release-check.sh PYTHON: PYTHON has the extra `release`.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

rm -rf dist
for folder in dist "$scratch/again"; do
    "$python" -m build --outdir "$folder" . > "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
done
rm -rf dist/compiled
for file in dist/*; do
    cmp "$file" "$scratch/again/$(basename "$file")"
done
sha256sum dist/*

"$python" -m twine check --strict dist/*
"$(dirname "$python")/check-wheel-contents" --ignore W004 dist/*.whl

ran=0
for name in python3.11 python3.12 python3.13; do
    if ! "$name" --version > /dev/null 2>&1; then
        echo "$name: not there"
        continue
    fi
    "$name" -m venv "$scratch/$name"
    "$scratch/$name/bin/python" -m pip install --quiet --disable-pip-version-check dist/*.whl
    "$scratch/$name/bin/zr4lint" --isolated --quiet docker/Dockerfile.zr4
    "$scratch/$name/bin/zr4lint" --isolated --format html --output "$scratch/page.html" docker/Dockerfile.zr4
    echo "$name: runs"
    last=$scratch/$name
    ran=$((ran + 1))
done
[[ $ran -gt 0 ]]

"$(dirname "$python")/cyclonedx-py" environment --output-reproducible --of JSON -o dist/zr4lint.cdx.json "$last/bin/python"
echo "dist/zr4lint.cdx.json: what an installation brings along"
