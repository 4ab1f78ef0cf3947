"""The CI files that lint a repository; docs/ci.md explains them."""

from __future__ import annotations

from collections.abc import Mapping

_GITHUB = """\
# .github/workflows/zr4lint.yml
name: zr4lint
on: [push, pull_request]
permissions:
  contents: read
jobs:
  zr4lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python3 -I -m pip install zr4lint
      - run: zr4lint --format github
      - if: success() || failure()
        run: zr4lint --fail-on never --format markdown >> "$GITHUB_STEP_SUMMARY"
"""

_GITLAB = """\
# .gitlab-ci.yml
zr4lint:
  image: python:3.12
  script:
    - python3 -I -m pip install zr4lint
    - zr4lint --format gitlab --output gl-code-quality-report.json --format junit --output zr4lint.xml --format concise
  artifacts:
    when: always
    paths:
      - gl-code-quality-report.json
    reports:
      codequality: gl-code-quality-report.json
      junit: zr4lint.xml
"""

_AZURE = """\
# azure-pipelines.yml
pool:
  vmImage: ubuntu-latest
steps:
  - script: python3 -I -m pip install zr4lint
  - script: zr4lint --format azure
"""

WORKFLOWS: Mapping[str, tuple[str, str]] = {
    "github": (".github/workflows/zr4lint.yml", _GITHUB),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
    "azure": ("azure-pipelines.yml", _AZURE),
}
"""The path and the text of the file for each CI service."""
