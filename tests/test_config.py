"""Configuration: finding, reading, refusing and showing it, and overriding it on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import tomli

from tests.inprocess import call
from tests.test_cli import LEVELS, codes, complaint, save, zr4lint
from zr4lint.packs.rulebook import shipped
from zr4lint.project import Finder, Layer, Settings
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.schema import schema
from zr4lint.project.settings import KEYS, SETTINGS, merge

SCHEMA = Path(__file__).resolve().parents[1] / "docs" / "zr4lint.schema.json"
PACKS = 'packs = { "Dockerfile.levels" = ["levels.toml"] }\n'
ALL = ["LV0001", "LV0002", "LV0102"]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A repository with a pack of three rules, one of each level, and a Dockerfile that breaks all of them."""
    (tmp_path / ".git").mkdir()
    save(tmp_path / "levels.toml", LEVELS)
    save(tmp_path / "Dockerfile.levels", "FROM scratch\n")
    return tmp_path


def configure(here: Path, text: str, name: str = "zr4lint.toml") -> None:
    table = "[tool.zr4lint]\n" if name == "pyproject.toml" else ""
    save(here / name, table + PACKS + text)


def lint(here: Path, *args: str) -> tuple[int, list[str]]:
    done = call("--format", "concise", *args, cwd=here)
    assert done.err == ""
    return done.code, codes(done)


@pytest.mark.parametrize("name", ["zr4lint.toml", "pyproject.toml"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, ALL)),
        ('select = ["LV00"]', (1, ["LV0001", "LV0002"])),
        ('ignore = ["must"]', (0, ["LV0002", "LV0102"])),
        ('select = ["LV"]\nignore = ["LV00"]', (0, ["LV0102"])),
        ('per-file-ignores = { "*.levels" = ["must"] }', (0, ["LV0002", "LV0102"])),
        ('per-file-ignores = { "*.other" = ["must"] }', (1, ALL)),
        ('per-file-ignores = { "sub/*" = ["must"] }', (1, ALL)),
        ('severity = { must = "info" }', (0, ALL)),
        ('severity = { LV = "info", must = "error" }', (1, ALL)),
        ('severity = { LV0102 = "error" }\nignore = ["must"]', (1, ["LV0002", "LV0102"])),
        ('fail-on = "never"', (0, ALL)),
        ('fail-on = "info"\nignore = ["LV00"]', (1, ["LV0102"])),
        ('extend-select = ["must"]', (1, ALL)),
        ('select = ["must"]\nextend-select = ["could"]', (1, ["LV0001", "LV0102"])),
        ('ignore = ["must"]\nextend-ignore = ["should"]', (0, ["LV0102"])),
        ('ignore = ["LV00"]\nextend-select = ["must"]', (1, ["LV0001", "LV0102"])),
    ],
)
def test_keys(here: Path, name: str, text: str, expected: tuple[int, list[str]]) -> None:
    configure(here, text, name)
    assert lint(here) == expected


@pytest.mark.parametrize(
    ("text", "args", "expected"),
    [
        ('ignore = ["must"]', ["--ignore", "could"], (1, ["LV0001", "LV0002"])),
        ('ignore = ["must"]', ["--select", "must"], (1, ["LV0001"])),
        ('select = ["must"]', ["--select", "could"], (0, ["LV0102"])),
        ('fail-on = "never"', ["--fail-on", "error"], (1, ALL)),
        ('fail-on = "info"\nignore = ["must"]', ["--fail-on", "error"], (0, ["LV0002", "LV0102"])),
        ('ignore = ["must"]', ["--no-config", "--pack", "levels.toml"], (1, ALL)),
        ('ignore = ["must"]', ["--isolated", "--pack", "levels.toml"], (1, ALL)),
        ('ignore = ["must"]', ["--extend-ignore", "could"], (0, ["LV0002"])),
        ('extend-ignore = ["must"]', ["--extend-ignore", "could"], (0, ["LV0002"])),
        ('extend-ignore = ["must"]', ["--ignore", "could"], (0, ["LV0002"])),
        ('extend-ignore = ["must"]', ["--select", "LV00"], (1, ["LV0001", "LV0002"])),
        ('select = ["must"]', ["--extend-select", "could"], (1, ["LV0001", "LV0102"])),
        ('extend-select = ["must"]', ["--select", "could"], (0, ["LV0102"])),
        ("", ["--exit-zero"], (0, ALL)),
        ('ignore = ["must"]', ["--config", "other.toml"], (0, ["LV0001"])),
    ],
)
def test_the_command_line_wins(here: Path, text: str, args: list[str], expected: tuple[int, list[str]]) -> None:
    configure(here, text)
    save(here / "other.toml", PACKS + 'select = ["must"]\nfail-on = "never"\n')
    assert lint(here, *args) == expected


def test_the_closest_one_counts_for_each_file(here: Path) -> None:
    save(here / "zr4lint.toml", 'packs = { "*.levels" = ["levels.toml"] }\n')
    save(here / "a" / "b" / "Dockerfile.levels", "FROM scratch\n")
    near = 'packs = { "b/Dockerfile.levels" = ["../levels.toml"] }\nignore = ["LV00"]\n'
    save(here / "a" / "pyproject.toml", "[tool.zr4lint]\n" + near)
    save(here / "a" / "b" / "pyproject.toml", "[project]\nname = 'x'\n")
    assert lint(here) == (1, [*ALL, "LV0102"])
    assert lint(here, "a/b/Dockerfile.levels") == (0, ["LV0102"])
    assert zr4lint("--format", "concise", cwd=here / "a").code == 0


def test_looking_upwards_ends_at_the_repository(here: Path) -> None:
    configure(here, "")
    inner = here / "inner"
    (inner / ".git").mkdir(parents=True)
    save(inner / "Dockerfile.levels", "FROM scratch\n")
    assert "LV0001" not in call("Dockerfile.levels", cwd=inner).out


def test_zr4lint_toml_wins_over_pyproject(here: Path) -> None:
    configure(here, 'select = ["must"]')
    configure(here, 'select = ["could"]', "pyproject.toml")
    assert lint(here) == (1, ["LV0001"])


def test_the_names_of_a_configuration(here: Path) -> None:
    configure(here, 'select = ["must"]', ".zr4lint.toml")
    configure(here, 'select = ["could"]')
    assert lint(here) == (1, ["LV0001"])


@pytest.mark.parametrize("name", ["zr4lint.yaml", ".zr4lint.yml", ".zr4lintrc", "zr4lint.json"])
def test_a_file_that_looks_like_a_configuration_is_told_of_once(here: Path, name: str) -> None:
    save(here / name, "")
    for folder in ("a", "b"):
        save(here / folder / "Dockerfile.levels", "FROM scratch\n")
    done = call("--pack", "levels.toml", cwd=here)
    assert (done.code, done.err) == (1, f"zr4lint: {name}: not read; settings belong in zr4lint.toml\n")


def test_without_a_repository_the_search_ends_at_the_folder_of_the_run(here: Path) -> None:
    (here / ".git").rmdir()
    configure(here, 'select = ["must"]')
    save(here / "a" / "Dockerfile.levels", "FROM scratch\n")
    assert lint(here, "a/Dockerfile.levels") == (1, ["LV0001"])
    assert "LV0001" not in call("Dockerfile.levels", cwd=here / "a").out
    assert "LV0001" not in call(here / "a" / "Dockerfile.levels", cwd=here / "a").out


def test_a_list_of_packs(here: Path) -> None:
    save(here / "zr4lint.toml", 'packs = ["levels.toml"]\n')
    save(here / "other.txt", "FROM scratch\n")
    assert lint(here) == (1, ALL)
    assert lint(here, "other.txt") == (1, ALL)


def test_the_packs_of_the_configuration_are_known_to_the_other_commands(here: Path) -> None:
    save(here / "zr4lint.toml", 'packs = { "*.levels" = ["levels.toml"] }\n')
    assert call("rule", "must", cwd=here).out.startswith("LV0001 must\n")
    assert "\nLV0102  could " in call("rules", cwd=here).out
    assert "\nlevels  One rule of each level (3 rules; Dockerfile.levels)\n" in call("packs", cwd=here).out
    assert "LV0001" not in call("rules", cwd=save(here / "x" / ".git", "").parent).out
    (here / "zr4lint.toml").rename(here / "other.toml")
    assert "levels  One" in call("packs", "--config", "other.toml", cwd=here).out


STAGES = """\
ARG TORCH=2.5.0
FROM python:3.12 AS Base
FROM base AS shipped
ARG TORCH
RUN pip install torch==$TORCH
FROM base AS tests
"""
TORCH = """
name = "torch"
title = "torch"
document = "The tests"
files = ["Dockerfile"]

[[section]]
number = "1"
title = "torch"

[[rule]]
code = "TO1"
name = "torch-pin"
section = "1"
level = "error"
check = "pip-pin"
package = "torch"
version = "2.5.1"
local = []
summary = "torch"
why = "torch"
"""


@pytest.mark.parametrize(
    ("args", "config", "words"),
    [
        ([], "", "does not install torch"),
        (["--target", "shipped"], "", "2.5.0"),
        (["--target", "SHIPPED"], "", "2.5.0"),
        (["--target", "1"], "", "2.5.0"),
        (["--target", "base"], "", "does not install torch"),
        (["--target", "base", "--target", "shipped"], "", "2.5.0"),
        ([], 'targets = ["shipped"]\n', "2.5.0"),
        (["--target", "tests"], 'targets = ["shipped"]\n', "does not install torch"),
        (["--target", "shipped", "--build-arg", "TORCH=2.5.1"], "", ""),
        (["--build-arg", "TORCH=2.6.0"], 'targets = ["shipped"]\n', "2.6.0"),
        (["--build-arg", "TORCH=2.5.1"], 'targets = ["shipped"]\nbuild-args = { TORCH = "2.6.0" }\n', ""),
        ([], 'targets = ["shipped"]\nbuild-args = { TORCH = "2.5.1" }\n', ""),
        (["--build-arg", "OTHER=2.5.1"], 'targets = ["shipped"]\n', "2.5.0"),
    ],
)
def test_targets_and_build_arguments(tmp_path: Path, args: list[str], config: str, words: str) -> None:
    save(tmp_path / "Dockerfile", STAGES)
    save(tmp_path / "torch.toml", TORCH)
    save(tmp_path / "zr4lint.toml", config)
    done = call("--pack", "torch.toml", "--format", "concise", *args, cwd=tmp_path)
    assert (done.code, done.err) == (int(bool(words)), "")
    assert words in done.out


def test_a_target_that_no_file_has_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", STAGES)
    save(tmp_path / "torch.toml", TORCH)
    save(tmp_path / "other" / "Dockerfile", "FROM scratch AS other\n")
    done = call("--pack", "torch.toml", "--target", "shiped", "--target", "other", cwd=tmp_path)
    assert complaint(done) == "--target: no stage is named `shiped`; did you mean `shipped`?"
    assert call("--pack", "torch.toml", "--target", "shipped", "--target", "other", cwd=tmp_path).err == ""
    assert call("--pack", "torch.toml", "--target", "2", cwd=tmp_path).err == ""


def test_a_build_argument_without_a_value_has_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path / "Dockerfile", STAGES)
    save(tmp_path / "torch.toml", TORCH)
    args = ("--pack", "torch.toml", "--target", "shipped", "--build-arg", "TORCH", "--format", "concise")
    assert "2.5.0" in call(*args, cwd=tmp_path).out
    monkeypatch.setenv("TORCH", "2.5.1")
    assert call(*args, cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Dockerfile", False),
        ("Dockerfile.gpu", False),
        ("Dockerfile.j2", True),
        ("a/Dockerfile.tmpl", True),
        ("Dockerfile.template", True),
        ("Dockerfile.jinja2", True),
        ("Dockerfile.in", True),
        ("Dockerfile.erb", True),
    ],
)
def test_templates(path: str, expected: bool) -> None:
    assert merge([]).is_template(path) is expected


def test_templates_can_be_named(here: Path) -> None:
    configure(here, 'templates = ["generated/*"]')
    assert "generated/*" in call("config", cwd=here).out
    settings = Finder((), only=str(here / "zr4lint.toml")).settings(str(here / "generated" / "Dockerfile"))
    assert settings.is_template(str(here / "generated" / "Dockerfile"))
    assert not settings.is_template(str(here / "Dockerfile.j2"))


def test_variables_of_the_environment_stand_for_options(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("--pack", "levels.toml", "--format", "concise", "Dockerfile.levels")
    monkeypatch.setenv("ZR4LINT_FAIL_ON", "never")
    assert call(*args, cwd=here).code == 0
    assert call(*args, "--fail-on", "error", cwd=here).code == 1
    assert call(*args, "--isolated", cwd=here).code == 1
    monkeypatch.setenv("ZR4LINT_FAIL_ON", "fatal")
    assert "ZR4LINT_FAIL_ON" in complaint(call(*args, cwd=here))
    assert call(*args, "--isolated", cwd=here).code == 1


def test_later_layers_win_or_add() -> None:
    layers = [
        Layer("a", {"ignore": ("X",), "extend_ignore": ("Y",), "amended": True}, {"ignore": "a:1"}),
        Layer("b", {"extend_ignore": ("Z",), "fail_on": None}),
    ]
    settings = merge(layers)
    assert (settings.ignore, settings.extend_ignore) == (("X",), ("Y", "Z"))
    assert (settings.amended, settings.fail_on) == (True, None)
    origins = [settings.origin(name) for name in ("ignore", "extend_ignore", "fail_on", "select")]
    assert origins == ["a:1", "a, b", "b", "default"]
    assert merge([*layers, Layer("c", {"select": ("W",)})]).ignore == ()


def test_every_field_is_a_setting() -> None:
    assert [*SETTINGS, "origins"] == list(Settings.__struct_fields__)
    assert {name for setting in SETTINGS.values() for name in setting.clears} <= set(SETTINGS)


def test_context(here: Path) -> None:
    save(here / "Dockerfile.zr4", "FROM scratch\nCOPY start.sh /\n")
    save(here / "files" / "start.sh", "")
    args = ("--select", "ZR1003", "Dockerfile.zr4")
    assert lint(here, *args)[1].count("ZR1003") > 0
    missing = len(lint(here, *args)[1])
    save(here / "zr4lint.toml", 'context = "files"\n')
    assert len(lint(here, *args)[1]) < missing


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ("[]", ["Dockerfile.levels", "a/Dockerfile.levels", "a/b/Dockerfile.levels"]),
        ('["a"]', ["Dockerfile.levels"]),
        ('["a/b/"]', ["Dockerfile.levels", "a/Dockerfile.levels"]),
        ('["b"]', ["Dockerfile.levels", "a/Dockerfile.levels"]),
        ('["a/*.levels"]', ["Dockerfile.levels"]),
        ('["a/b"]\nextend-exclude = ["Dockerfile.levels"]', []),
        ('["a/b"]\nextend-exclude = ["./a"]', ["Dockerfile.levels"]),
    ],
)
def test_exclude(here: Path, exclude: str, left: list[str]) -> None:
    for folder in ("a", "a/b"):
        save(here / folder / "Dockerfile.levels", "FROM scratch\n")
    configure(here, f"exclude = {exclude}")
    assert call("--show-files", cwd=here).out.split() == left
    forced = call("--show-files", "--force-exclude", "a/b/Dockerfile.levels", cwd=here)
    assert forced == (0, "a/b/Dockerfile.levels\n" if "a/b/Dockerfile.levels" in left else "", "")
    other = call("--show-files", "--exclude", "gone", "--extend-exclude", "a", cwd=here).out.split()
    assert other == [] if "Dockerfile.levels" not in left else ["Dockerfile.levels"]
    assert lint(here, "a/b/Dockerfile.levels")[1] == ALL


def test_min_score(here: Path) -> None:
    save(here / "Dockerfile.zr4", "FROM scratch\n")
    args = ("--fail-on", "never", "--format", "concise", "Dockerfile.zr4")
    assert call(*args, cwd=here).code == 0
    assert call(*args, "--min-score", "0", cwd=here).code == 0
    done = call(*args, "--min-score", "60", cwd=here)
    assert done.code == 1
    assert "Dockerfile.zr4: score " in done.err
    assert " of 60 is below 60 (pack zr4)" in done.err
    save(here / "zr4lint.toml", "min-score = 60\n")
    assert call(*args, cwd=here) == done
    assert call(*args, "--min-score", "0", cwd=here).code == 0


WRONG = [
    ("selct = []", "zr4lint.toml:2: key `selct`: unknown; did you mean `select`?"),
    ('select = "LV"', "zr4lint.toml:2: key `select`: expected a list of strings, not `LV`"),
    (
        '\nselect = [\n  "LV",\n  "mist",\n]',
        "zr4lint.toml:5: key `select`: no rule has the code or the name `mist`; did",
    ),
    ('ignore = ["QQ"]', "zr4lint.toml:2: key `ignore`: no rule has the code or the name `QQ`"),
    ('ignore = [""]', "zr4lint.toml:2: key `ignore`: no rule has the code or the name ``"),
    (
        '[severity]\nmust = "fatal"',
        "zr4lint.toml:2: key `severity`: `must` is `fatal`, not one of error, warn",
    ),
    ('[severity]\nmist = "error"', "zr4lint.toml:3: key `severity`: no rule has the code or the name `mist`; did"),
    ('[per-file-ignores]\n"*" = ["mist"]', "zr4lint.toml:3: key `per-file-ignores`: no rule has the code or the"),
    ('fail-on = "fatal"', "zr4lint.toml:2: key `fail-on`: `fatal` is not one of error, warning, info, never"),
    ("min-score = -1", "zr4lint.toml:2: key `min-score`: expected a number that is not below 0"),
    ("min-score = nan", "zr4lint.toml:2: key `min-score`: expected a number"),
    ('context = "gone"', "zr4lint.toml:2: key `context`: no folder `gone`"),
    ("exclude = 1", "zr4lint.toml:2: key `exclude`: expected a list of strings, not `1`"),
    ("select = [", "zr4lint.toml: not valid TOML: "),
    (f"min-score = {'9' * 5_000}", "zr4lint.toml: not valid TOML: "),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_wrong_is_one_line(here: Path, text: str, words: str) -> None:
    configure(here, text)
    for args in ([], ["--show-files"], ["config"]):
        done = call(*args, cwd=here)
        assert words in complaint(done)
        assert done.out == ""


def test_all_problems_are_told_at_once(here: Path) -> None:
    configure(here, 'selct = []\nfail-on = "fatal"\nignore = ["mist"]')
    keys = [line.split("key ")[1].split(":")[0] for line in call(cwd=here).err.splitlines()]
    assert keys == ["`selct`", "`fail-on`", "`ignore`"]
    configure(here, 'pakcs = ["house.toml"]\nignore = ["HS1"]')  # the rules of the pack are not known
    assert len(call(cwd=here).err.splitlines()) == 1


def test_a_byte_order_mark_and_other_line_ends_are_no_fault(here: Path) -> None:
    save(here / "zr4lint.toml", "\ufeffselect = ['ZC']\r\nselct = []\r\n")
    assert complaint(zr4lint(cwd=here)) == "zr4lint.toml:2: key `selct`: unknown; did you mean `select`?"


def test_the_line_is_that_of_the_table_in_pyproject(here: Path) -> None:
    save(here / "pyproject.toml", '[tool.other]\nselect = ["x"]\n\n[tool.zr4lint]\nselect = ["mist"]\n')
    assert complaint(zr4lint(cwd=here)).startswith("pyproject.toml:5: key `select`: no rule has")


@pytest.mark.parametrize("text", ["[tool.other]\nx = [", "[project]\nname = 'zr4lint'\n", "[tool.ruff]\nx = 1\n", "\0"])
def test_a_pyproject_without_a_table_is_none_of_ours(here: Path, text: str) -> None:
    save(here / "pyproject.toml", text)
    assert call("--pack", "levels.toml", cwd=here).err == ""


@pytest.mark.parametrize(
    ("packs", "words"),
    [
        ('{ "*" = ["gone"] }', "no pack has this name, and it is not a file; packs are"),
        ('{ "*" = ["zr"] }', "did you mean `zr4`?"),
        ('{ "*" = "zr4" }', "key `packs`: expected a list of strings, or a table of lists of strings, not a table"),
    ],
)
def test_wrong_packs(here: Path, packs: str, words: str) -> None:
    save(here / "zr4lint.toml", f"packs = {packs}\n")
    assert words in complaint(call("Dockerfile.levels", cwd=here))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.zr4lint\nselect = []\n", "pyproject.toml: not valid TOML: "),
        ("[tool]\nzr4lint = {\n", "pyproject.toml: not valid TOML: "),
        ("[tool.'zr4lint']\nx = [", "pyproject.toml: not valid TOML: "),
        ("[[tool.zr4lint]]\nselect = []\n", "pyproject.toml:1: key `tool.zr4lint`: expected a table, not `[a table]`"),
        ("tool.zr4lint = 1\n", "pyproject.toml:1: key `tool.zr4lint`: expected a table, not `1`"),
        ("[tool]\nzr4lint.selct = []\n", "pyproject.toml:2: key `selct`: unknown; did you mean `select`?"),
    ],
)
def test_a_broken_table_is_not_passed_over(here: Path, text: str, words: str) -> None:
    save(here / "pyproject.toml", text)
    assert words in complaint(call("--pack", "levels.toml", cwd=here))


@pytest.mark.parametrize("key", ["exclude", "select", "ignore", "targets", "packs"])
def test_the_entries_of_a_key_are_limited(here: Path, key: str) -> None:
    words = ", ".join(f'"x{number}"' for number in range(1_001))
    save(here / "zr4lint.toml", f"{key} = [{words}]\n")
    assert complaint(call(cwd=here)) == f"zr4lint.toml:1: key `{key}`: has more than 1000 entries"


def test_a_pack_is_read_once_however_it_is_named(here: Path) -> None:
    (here / "link.toml").symlink_to("levels.toml")
    files = PackFiles()
    names = ("levels.toml", "x/../levels.toml", "link.toml", "./levels.toml")
    (here / "x").mkdir()
    assert len({id(files.load(f"{here}/{name}")) for name in names}) == 1


def test_the_packs_of_a_configuration_are_limited_in_sum(here: Path) -> None:
    for name in ("a", "b"):
        save(here / f"{name}.toml", LEVELS + "#" * 3_000_000)
    save(here / "zr4lint.toml", 'packs = ["a.toml", "b.toml"]\n')
    assert "together the packs are larger than 4000000 bytes" in complaint(call(cwd=here))


def test_a_configuration_behind_a_link_to_a_folder_outside_is_not_read(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    save(outside / "zr4lint.toml", "x = 1\n")
    save(outside / "Dockerfile.levels", "FROM scratch\n")
    (here / "link").symlink_to(outside)
    message = "link/zr4lint.toml: a symbolic link leads outside of .; the file is not read"
    assert complaint(call("link/Dockerfile.levels", cwd=here)) == message


SETTINGS_OF_A_PACK = """
[[setting]]
name = "required"
type = "table"
summary = "The variables that must be set"

[[setting]]
name = "others"
type = "strings"
default = ["b"]
summary = "Other values"

[[rule]]
"""


def with_settings(pack: str) -> str:
    """The pack of three rules; the first one takes its variables from a setting."""
    changed = pack.replace("[[rule]]", SETTINGS_OF_A_PACK, 1)
    return changed.replace('variables = { MUST = "1" }', 'variables = { setting = "required" }')


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            "[levels]\ntargets = ['a']",
            ":3: key `levels`: `targets` is not a setting of the pack `levels`; it is a key of the top level",
        ),
        ("[levels]\nrequird = {}", ":3: key `levels`: `requird` is not a setting of the pack `levels`; did you mean"),
        ("[levels]\nrequired = 2", "zr4lint.toml:3: key `levels`: `required` is `2`, not "),
        ("[level]\nrequired = {}", "zr4lint.toml:2: key `level`: unknown"),
    ],
)
def test_wrong_settings_of_a_pack(here: Path, table: str, words: str) -> None:
    save(here / "levels.toml", with_settings(LEVELS))
    configure(here, table)
    assert words in complaint(call(cwd=here))


def test_settings_of_a_pack(here: Path) -> None:
    save(here / "levels.toml", with_settings(LEVELS))
    configure(here, "")
    assert lint(here) == (0, ["LV0002", "LV0102"])
    configure(here, '[levels]\nrequired = { NEEDED = "2" }')
    assert lint(here) == (1, ALL)
    assert "NEEDED" in call("--format", "concise", cwd=here).out
    rows = [line.split() for line in call("config", "Dockerfile.levels", cwd=here).out.splitlines()]
    assert ["levels.required", "a", "table", "zr4lint.toml:3"] in rows
    assert ["levels.others", "[b]", "default"] in rows


def test_a_key_of_very_many_parts_is_refused(here: Path) -> None:
    configure(here, "a" + ".a" * 20_000 + " = 1")
    assert complaint(call(cwd=here)) == "zr4lint.toml: not valid TOML: nested too deep"
    configure(here, f"exclude = ['{'a.b ' * 200}']")
    assert lint(here) == (1, ALL)


def test_a_configuration_that_is_a_link_to_itself_is_named(here: Path) -> None:
    (here / "zr4lint.toml").symlink_to("zr4lint.toml")
    assert complaint(call(cwd=here)).startswith("zr4lint.toml: ")


def test_what_can_not_be_a_configuration(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = save(tmp_path_factory.mktemp("outside") / "x.toml", 'ignore = ["LV"]\n')
    file = here / "zr4lint.toml"
    file.symlink_to(outside)
    message = "zr4lint.toml: a symbolic link leads outside of .; the file is not read"
    assert complaint(call(cwd=here)) == message
    assert lint(here, "--no-config", "--pack", "levels.toml") == (1, ALL)
    file.unlink()
    save(here / "real.toml", PACKS)
    file.symlink_to("real.toml")
    assert lint(here) == (1, ALL)
    file.unlink()
    os.mkfifo(file)
    assert complaint(call(cwd=here)) == "zr4lint.toml: not a regular file"
    file.unlink()
    file.write_bytes(b"#" * 1_000_001)
    assert complaint(call(cwd=here)) == "zr4lint.toml: larger than 1000000 bytes"
    file.write_bytes(b"\xff")
    assert complaint(call(cwd=here)) == "zr4lint.toml: can't be read: it is not UTF-8"
    file.write_bytes(b"x = " + b"[" * 100_000)
    assert "zr4lint.toml: not valid TOML: " in complaint(call(cwd=here))


def test_config_option_needs_a_table(here: Path) -> None:
    save(here / "pyproject.toml", "[project]\n")
    assert "it has no table [tool.zr4lint]" in complaint(call("--config", "pyproject.toml", cwd=here))
    assert "--config" in complaint(call("--config", "gone.toml", cwd=here))


def test_config_shows_values_and_origins(here: Path) -> None:
    configure(here, 'ignore = ["must"]\n\nseverity = { could = "error" }', "pyproject.toml")
    done = call("config", "Dockerfile.levels", cwd=here)
    assert (done.code, done.err) == (0, "")
    head, *lines = done.out.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert head == "Dockerfile.levels: configuration pyproject.toml"
    assert [*rows] == [*KEYS]
    assert rows["packs"] == ["levels.toml", "pyproject.toml:2"]
    assert rows["ignore"] == ["must", "pyproject.toml:3"]
    assert rows["severity"] == ["could=error", "pyproject.toml:5"]
    assert rows["fail-on"] == ["error", "default"]
    assert call("config", cwd=here).out.startswith(
        ".: configuration pyproject.toml\npacks             the packs that match the file"
    )
    save(here / "other.toml", 'fail-on = "never"\n')
    other = call("config", "--config", "other.toml", cwd=here).out.splitlines()
    assert ["fail-on", "never", "other.toml:1"] in [line.split() for line in other]


def test_the_schema_is_that_of_the_table() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(shipped()), "run `python -m tests.test_config`"
    jsonschema.Draft7Validator.check_schema(schema(shipped()))


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (PACKS + 'select = ["LV"]\nmin-score = 1.5\nfail-on = "never"\ncontext = "x"\n[severity]\nx = "info"', True),
        *((text, False) for text, words in WRONG if ("expected" in words and "nan" not in text) or "unknown" in words),
    ],
)
def test_the_schema_judges_as_the_reader_does(text: str, valid: bool) -> None:
    document: dict[str, Any] = tomli.loads(text)
    assert jsonschema.Draft7Validator(schema(shipped())).is_valid(document) is valid


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(schema(shipped()), indent=2) + "\n")
