"""The configuration that `zr4lint init` writes: common settings, each explained and commented out."""

from __future__ import annotations

from collections.abc import Sequence

NAME = "zr4lint.toml"

SETTINGS = """
# Report only these rules: codes, names or prefixes.
# select = ["ZC", "ML"]

# Do not report these rules.
# ignore = ["image-untagged"]

# Do not report these rules in the files of a pattern.
# per-file-ignores = { "examples/*" = ["ZC"] }

# The lowest severity that makes the exit code 1: error, warning, info or never.
# fail-on = "warning"

# Severities of rules: error, warning or info.
# severity = { image-untagged = "error" }

# The stages that are built and shipped. Default: the last stage.
# targets = ["runtime"]

# The build context. Default: the folder of each Dockerfile.
# context = "."

# Files and folders to skip.
# exclude = ["third_party"]
"""


def template(packs: Sequence[str] = ()) -> str:
    """Return the text of a configuration that sets these packs; without packs, each file uses the packs that match."""
    listed = ", ".join(f'"{name}"' for name in packs or ("core", "ml"))
    return (
        "# The configuration of zr4lint. `zr4lint config PATH` shows what is in force for a file.\n"
        "\n# Packs to lint with, by name or file. Default: the packs that match each file.\n"
        f"{'' if packs else '# '}packs = [{listed}]\n{SETTINGS}"
    )
