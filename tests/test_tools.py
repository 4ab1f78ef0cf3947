"""Command lines of the programs that a build calls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from zr4lint.model.source import MappedText
from zr4lint.programs.apt import parse_apt, parse_dpkg, parse_repository
from zr4lint.programs.git import parse_clone, read_git
from zr4lint.programs.image_paths import absolute, covers, mount_target
from zr4lint.programs.option_reading import Grammar, parse_options
from zr4lint.programs.pip import parse_config, parse_pip
from zr4lint.programs.python import python_module
from zr4lint.shell import Argument, expand_all, parse_script
from zr4lint.shell.commands import ANY_DEPTH


def arguments(command: str) -> Sequence[Argument]:
    """Return the arguments of a command line, with `$UNKNOWN` for unknown parts."""
    return expand_all(parse_script(MappedText.join([(command, 0)])).commands[0].words, {"UNKNOWN": None})


# Options

GRAMMAR = Grammar(
    short={"q": "quiet", "r": "requirement", "v": "verbose"},
    valued=frozenset({"requirement", "index-url", "extra-index-url"}),
    flags=frozenset({"quiet", "verbose", "no-cache-dir", "no-clean"}),
)


@pytest.mark.parametrize(
    ("command", "options", "operands"),
    [
        ("x", [], []),
        ("x a b", [], ["a", "b"]),
        ("x --quiet a", [("quiet", "", "--quiet")], ["a"]),
        ("x --index-url u a", [("index-url", "u", "--index-url u")], ["a"]),
        ("x --index-url=u a", [("index-url", "u", "--index-url=u")], ["a"]),
        ("x --index-url= a", [("index-url", "", "--index-url=")], ["a"]),
        ("x --ind u a", [("index-url", "u", "--ind u")], ["a"]),  # the only option with this prefix
        ("x --no-ca a", [("no-cache-dir", "", "--no-ca")], ["a"]),
        ("x --no-c a", [("no-c", "", "--no-c")], ["a"]),  # two options have this prefix
        ("x -q a", [("quiet", "", "-q")], ["a"]),
        ("x -qv a", [("quiet", "", "-qv"), ("verbose", "", "-qv")], ["a"]),
        ("x -r f a", [("requirement", "f", "-r f")], ["a"]),
        ("x -rf a", [("requirement", "f", "-rf")], ["a"]),
        ("x -qr f a", [("quiet", "", "-qr"), ("requirement", "f", "-qr f")], ["a"]),
        ("x -r=f a", [("requirement", "=f", "-r=f")], ["a"]),  # as optparse reads it
        ("x -r", [("requirement", "", "-r")], []),
        ("x -- -q --quiet", [], ["-q", "--quiet"]),
        ("x - a", [], ["-", "a"]),
        ("x --unknown a", [("unknown", "", "--unknown")], ["a"]),
        ("x a '--index-url' 'u v'", [("index-url", "u v", "'--index-url' 'u v'")], ["a"]),
    ],
)
def test_options(command: str, options: list[tuple[str, str, str]], operands: list[str]) -> None:
    parsed = parse_options(arguments(command)[1:], GRAMMAR)
    assert [(o.name, o.value, o.span.of(command)) for o in parsed.options] == options
    assert [o.value for o in parsed.operands] == operands


@pytest.mark.parametrize(
    ("command", "words"),
    [("x -r f", "f"), ("x -rf", "f"), ("x --index-url=u", "u"), ("x --index-url 'u v'", "'u v'"), ("x -r=f", "=f")],
)
def test_a_value_has_its_own_words(command: str, words: str) -> None:
    (option,) = parse_options(arguments(command)[1:], GRAMMAR).options
    assert option.value_span.of(command) == words


def test_apt_takes_an_equals_sign_behind_a_letter() -> None:
    (option,) = parse_options(arguments("x -r=f")[1:], replace(GRAMMAR, short_equals=True)).options
    assert (option.value, option.value_span.of("x -r=f")) == ("f", "f")


def test_the_last_option_is_in_force() -> None:
    parsed = parse_options(arguments("x -r a --requirement b")[1:], GRAMMAR)
    assert (option := parsed.get("requirement")) is not None
    assert (option.value, [o.value for o in parsed.all("requirement")]) == ("b", ["a", "b"])
    assert parsed.get("quiet") is None


def test_what_can_not_be_known_is_told() -> None:
    assert parse_options(arguments("x $UNKNOWN")[1:], GRAMMAR).unknown
    assert not parse_options(arguments("x a")[1:], GRAMMAR).unknown


def test_options_behind_an_operand_may_belong_to_it() -> None:
    parsed = parse_options(arguments("git -q clone -q u")[1:], GRAMMAR, stop_at_operand=True)
    assert ([o.name for o in parsed.options], [o.value for o in parsed.operands]) == (["quiet"], ["clone", "-q", "u"])


# apt


@pytest.mark.parametrize(
    ("command", "action", "installed", "removed"),
    [
        ("apt-get update", "update", [], []),
        ("apt-get install -y git curl", "install", ["git", "curl"], []),
        ("apt-get -qq -o Dpkg::Use-Pty=0 install git", "install", ["git"], []),
        ("apt install git=1:2.34 curl/jammy libc6:amd64", "install", ["git", "curl", "libc6"], []),
        ("apt-get install g++ libstdc++", "install", ["g++", "libstdc++"], []),
        ("apt-get install git vim-", "install", ["git"], ["vim"]),
        ("apt-get purge -y vim nano", "purge", [], ["vim", "nano"]),
        ("apt-get remove vim git+", "remove", ["git"], ["vim"]),
        ("apt-get install -t jammy-backports git", "install", ["git"], []),
        ("apt-get install $UNKNOWN git", "install", ["git"], []),
        ("/usr/bin/apt-get install git", "install", ["git"], []),
    ],
)
def test_apt(command: str, action: str, installed: list[str], removed: list[str]) -> None:
    parsed = parse_apt(arguments(command))
    assert parsed is not None
    names = ([p.name for p in parsed.packages], [p.name for p in parsed.removed])
    assert (parsed.action, *names) == (action, installed, removed)
    assert all(p.name in p.span.of(command) for p in parsed.packages)


def test_a_pattern_of_many_quantifiers_is_not_tried() -> None:
    parsed = parse_apt(arguments(f"apt-get purge -y '^lib.*-dev$' '^{'.*' * 40}X'"))
    assert parsed is not None
    assert [p.means("libxml2-utils-and-more-words-dev") for p in parsed.removed] == [True, False]


@pytest.mark.filterwarnings("error")
def test_a_pattern_that_python_may_read_in_another_way_is_not_tried() -> None:
    parsed = parse_apt(arguments("apt-get purge '^g[i]t$' '^g[[i]t$' '^g[a--i]t$' '^g[i&&t]t$'"))
    assert parsed is not None
    assert [p.means("git") for p in parsed.removed] == [True, False, False, False]


@pytest.mark.parametrize(
    "command",
    ["apt-get", "apt-get -s install git", "apt-get install --dry-run git", "apt-get --help", "apt-get -d install git"],
)
def test_apt_that_changes_nothing(command: str) -> None:
    assert parse_apt(arguments(command)) is None


@pytest.mark.parametrize(
    ("options", "yes"),
    [
        ("", False),
        ("-y", True),
        ("--yes", True),
        ("--assume-yes", True),
        ("-qy", True),
        ("-q", False),
        ("-qq", True),
        ("-q=2", True),
        ("-q -q", True),
        ("-y=no", False),
        ("--no-yes", False),
        ("-o APT::Get::Assume-Yes=true", True),
        ("-o apt::get::assume-yes=false", False),
        ("-o APT::Get::Assume-Yes=false -y", True),
    ],
)
def test_apt_assumes_yes(options: str, yes: bool) -> None:
    parsed = parse_apt(arguments(f"apt-get install {options} git"))
    assert parsed is not None
    assert parsed.assumes_yes is yes


@pytest.mark.parametrize(
    ("options", "skipped"),
    [
        ("", False),
        ("--no-install-recommends", True),
        ("--install-recommends", False),
        ("--install-recommends --no-install-recommends", True),
        ("--no-install-recommends --install-recommends", False),
        ("--install-recommends=false", True),
        ("--no-install-recommends=false", False),
        ("-o APT::Install-Recommends=0", True),
        ("-o APT::Install-Recommends=1", False),
        ("--no-install-suggests", False),
    ],
)
def test_apt_skips_recommends(options: str, skipped: bool) -> None:
    parsed = parse_apt(arguments(f"apt-get install {options} git"))
    assert parsed is not None
    assert parsed.skips_recommends is skipped


@pytest.mark.parametrize(
    ("command", "removed"),
    [("dpkg --purge vim", ["vim"]), ("dpkg -r vim:amd64 nano", ["vim", "nano"]), ("dpkg -i vim.deb", None)],
)
def test_dpkg(command: str, removed: list[str] | None) -> None:
    parsed = parse_dpkg(arguments(command))
    assert (None if parsed is None else [p.name for p in parsed.removed]) == removed


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("add-apt-repository ppa:a/b", ("ppa:a/b", False, True)),
        ("add-apt-repository -y ppa:a/b", ("ppa:a/b", False, True)),
        ("add-apt-repository -n ppa:a/b", ("ppa:a/b", False, False)),
        ("add-apt-repository --no-up ppa:a/b", ("ppa:a/b", False, False)),
        ("add-apt-repository --remove ppa:a/b", ("ppa:a/b", True, False)),
        ("add-apt-repository -yr ppa:a/b", ("ppa:a/b", True, False)),
        ("add-apt-repository -P a/b", ("ppa:a/b", False, True)),
        ("add-apt-repository --ppa=ppa:a/b", ("ppa:a/b", False, True)),
        ("add-apt-repository --help", None),
        ("add-apt-repository", None),
    ],
)
def test_repositories(command: str, change: tuple[str, bool, bool] | None) -> None:
    parsed = parse_repository(arguments(command))
    assert (None if parsed is None else (parsed.name.value, parsed.removed, parsed.updates)) == change


# pip


@pytest.mark.parametrize(
    ("command", "requirements"),
    [
        ("pip install torch", [("torch", "", "torch")]),
        ("pip3 install torch==2.5.1", [("torch", "==2.5.1", "torch==2.5.1")]),
        ("pip3.10 install 'torch >= 2.5, <3'", [("torch", ">= 2.5, <3", "'torch >= 2.5, <3'")]),
        ("/opt/venv/bin/pip install -q Flash_Attn", [("flash-attn", "", "Flash_Attn")]),
        ("python3.10 -m pip install a.b", [("a-b", "", "a.b")]),
        ("python -Im pip install a", [("a", "", "a")]),
        ("python -W ignore -m pip install a", [("a", "", "a")]),
        ("uv pip install a", [("a", "", "a")]),
        ("pip install 'a[x,y]==1'", [("a", "==1", "'a[x,y]==1'")]),
        ("pip install 'a (>=1)'", [("a", ">=1", "'a (>=1)'")]),
        ("pip install 'a>=1; python_version<\"3\"'", [("a", ">=1", "'a>=1; python_version<\"3\"'")]),
        ("pip install -r r.txt -c c.txt -i u a", [("a", "", "a")]),
        ("pip install --index-url=u a -f links b", [("a", "", "a"), ("b", "", "b")]),
        ("pip install ./a .", []),
        ("pip install https://x/torch-2.5.1%2Bcu124-cp310-cp310-linux_x86_64.whl",
         [("torch", "==2.5.1+cu124", "https://x/torch-2.5.1%2Bcu124-cp310-cp310-linux_x86_64.whl")]),
        ("pip install 'a @ https://x/a-b-1.0.tar.gz'", [("a", "==1.0", "'a @ https://x/a-b-1.0.tar.gz'")]),
        ("pip install $UNKNOWN", []),
        ("pip uninstall -y torch", [("torch", "", "torch")]),
    ],
)  # fmt: skip
def test_pip(command: str, requirements: list[tuple[str, str, str]]) -> None:
    parsed = parse_pip(arguments(command))
    assert parsed is not None
    assert [(r.name, r.specifier, r.span.of(command)) for r in parsed.requirements] == requirements


@pytest.mark.parametrize(
    "command",
    ["pip", "pip list", "pip download torch", "pip install --dry-run torch", "pip install --help", "pipx install a",
     "pip-compile a", "python install", "python -m venv a", "python -c 'import pip' install", "uv install a",
     "echo pip install torch", "python script.py -m pip install a"],
)  # fmt: skip
def test_what_is_no_install(command: str) -> None:
    assert parse_pip(arguments(command)) is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pip install -q a", "pip install"),
        ("pip -q --no-input install a", "pip -q --no-input install"),
        ("python3 -m pip install a", "python3 -m pip install"),
    ],
)
def test_the_words_of_pip(command: str, words: str) -> None:
    parsed = parse_pip(arguments(command))
    assert parsed is not None
    assert parsed.words.of(command) == words


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("pip install torch==2.5.1} a", ["torch==2.5.1}"]),
        ("pip install 'a[x]>={1,2}}'", ["'a[x]>={1,2}}'"]),
        ("pip install torch=={2.5.1} a==1.*", []),
        ("pip install 'a==1; platform_machine != \"}\"' 'a @ https://x/}.zip'", []),
    ],
)
def test_the_words_that_pip_refuses(command: str, refused: list[str]) -> None:
    parsed = parse_pip(arguments(command))
    assert parsed is not None
    assert [command[span.start : span.end] for span in parsed.refused] == refused


@pytest.mark.parametrize(
    ("option", "upgrades"),
    [
        ("-U", True),
        ("--upgrade", True),
        ("--upgrade-strategy=eager", False),
        ("-I", True),
        ("-q", False),
    ],
)
def test_pip_upgrades(option: str, upgrades: bool) -> None:
    parsed = parse_pip(arguments(f"pip install {option} a"))
    assert parsed is not None
    assert parsed.upgrades is upgrades


def test_options_of_install_before_install_are_misplaced() -> None:
    parsed = parse_pip(arguments("pip --no-cache-dir --index-url u install a"))
    assert parsed is not None
    assert [o.name for o in parsed.misplaced] == ["index-url"]


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        ("pip config set global.extra-index-url u", ("PIP_EXTRA_INDEX_URL", "u")),
        ("pip config --user set install.no-deps 1", ("PIP_NO_DEPS", "1")),
        ("pip config list", None),
        ("pip install config set a.b c", None),
    ],
)
def test_pip_config(command: str, setting: tuple[str, str] | None) -> None:
    assert parse_config(arguments(command)) == setting


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("python -m pip list", ("pip", ["list"])),
        ("python3.10 -mvenv x", ("venv", ["x"])),
        ("/usr/bin/python3 -u -X dev -m venv x y", ("venv", ["x", "y"])),
        ("python -Wignore -m pip", ("pip", [])),
        ("python x.py -m pip", None),
        ("python -c 1 -m pip", None),
        ("pythonx -m pip", None),
    ],
)
def test_python_modules(command: str, module: tuple[str, list[str]] | None) -> None:
    found = python_module(arguments(command))
    assert (None if found is None else (found.name, [a.value for a in found.arguments])) == module


# git


@pytest.mark.parametrize(
    ("command", "url", "folder", "target"),
    [
        ("git clone https://x/a/b.git", "https://x/a/b.git", "", "b"),
        ("git clone https://x/a/b", "https://x/a/b", "", "b"),
        ("git clone https://x/a/b/", "https://x/a/b/", "", "b"),
        ("git clone git@x:a/b.git", "git@x:a/b.git", "", "b"),
        ("git clone git@x:b.git", "git@x:b.git", "", "b"),
        ("git clone /srv/b/.git", "/srv/b/.git", "", "b"),
        ("git clone u c", "u", "", "c"),
        ("git clone --depth 1 -b main --single-branch u c", "u", "", "c"),
        ("git clone --depth=1 -bmain u", "u", "", "u"),
        ("git clone -- u c", "u", "", "c"),
        ("git clone u c --recurse-submodules", "u", "", "c"),
        ("git -C /w -c a.b=c clone u", "u", "/w", "u"),
        ("git -c url.https://y/.insteadOf=https://x/ clone https://x/a.git", "https://y/a.git", "", "a"),
        ("git clone u $UNKNOWN", "u", "", None),
        ("git clone $UNKNOWN", None, "", None),
    ],
)
def test_clones(command: str, url: str | None, folder: str, target: str | None) -> None:
    clone = parse_clone(arguments(command))
    assert clone is not None
    assert (clone.url.value, clone.folder, clone.target) == (url, folder, target)


@pytest.mark.parametrize(
    "command",
    [
        "git",
        "git clone",
        "git pull u",
        "git clone --bare u",
        "git clone --mirror u",
        "git help clone",
        "git --exec-path clone u",
        "git -v clone u",
        "git --list-cmds=main clone u",
    ],
)
def test_what_is_no_clone(command: str) -> None:
    assert parse_clone(arguments(command)) is None


@pytest.mark.parametrize(
    ("command", "variables", "name", "start", "folder"),
    [
        ("git checkout v1", {}, "checkout", "", ""),
        ("git -C /w checkout v1", {}, "checkout", "/w", "/w"),
        ("git -C /w -C c checkout v1", {}, "checkout", "/w/c", "/w/c"),
        ("git -p -c a.b=c --namespace n -C c checkout v1", {}, "checkout", "c", "c"),
        ("git -C $UNKNOWN checkout v1", {}, "checkout", None, None),
        ("git --work-tree=c --git-dir=d/.git checkout v1", {}, "checkout", "", "c"),
        ("git -C /w --git-dir c/.git/ checkout v1", {}, "checkout", "/w", "/w/c"),
        ("git --git-dir=.git checkout v1", {}, "checkout", "", ""),
        ("git --git-dir=c checkout v1", {}, "checkout", "", None),
        ("git checkout v1", {"GIT_DIR": "c/.git"}, "checkout", "", "c"),
        ("git checkout v1", {"GIT_DIR": "d/.git", "GIT_WORK_TREE": "c"}, "checkout", "", "c"),
        ("git --git-dir d/.git checkout v1", {"GIT_DIR": "c/.git"}, "checkout", "", "d"),
        ("git checkout v1", {"GIT_DIR": None}, "checkout", "", None),
        ("git --exec-path=/x checkout v1", {}, "checkout", "", ""),
        ("git --exec-path checkout v1", {}, "", "", ""),
        ("git --version checkout v1", {}, "", "", ""),
        ("git", {}, "", "", ""),
        ("git $UNKNOWN v1", {}, "?", "", ""),
    ],
)
def test_general_options_of_git(
    command: str, variables: dict[str, str | None], name: str, start: str | None, folder: str | None
) -> None:
    git = read_git(arguments(command), variables)
    assert (git.name, git.start, git.folder) == (name, start, folder)
    assert [argument.value for argument in git.arguments] == (["v1"] if git.at < len(command.split()) else [])


# Files


@pytest.mark.parametrize(
    ("pattern", "path", "recursive", "named"),
    [
        ("/a/b", "/a/b", False, True),
        ("/a", "/a/b", False, False),
        ("/a", "/a/b", True, True),
        ("/", "/a/b", True, True),
        ("/a/b/c", "/a/b", True, False),
        ("/a/*", "/a/b", False, True),
        ("/a/*.sh", "/a/b.sh", False, True),
        ("/*", "/a/b", False, False),
        ("/*", "/a/b", True, True),
        ("/a/?", "/a/bc", False, False),
        ("/a/[bc]", "/a/c", False, True),
        ("/ab", "/a", True, False),
        ("/a", "", True, False),
        ("/a", "b", True, False),
        (f"/a/{ANY_DEPTH}/x", "/a/x", False, True),
        (f"/a/{ANY_DEPTH}/x", "/a/b/c/x", False, True),
        (f"/a/{ANY_DEPTH}/*.sh", "/a/b/x.sh", False, True),
        (f"/a/{ANY_DEPTH}/*.sh", "/a/b.sh/x", False, False),
        (f"/a/{ANY_DEPTH}/*.sh", "/a/b.sh/x", True, True),
        (f"/a/{ANY_DEPTH}/x", "/b/x", False, False),
        (f"/a/{ANY_DEPTH}/x", "/x", False, False),
    ],
)
def test_paths_that_name_a_file(pattern: str, path: str, recursive: bool, named: bool) -> None:
    assert covers(pattern, path, recursive=recursive) is named


@pytest.mark.parametrize(
    ("path", "folder", "result"),
    [
        ("/a/../b/", "/x", "/b"),
        ("a", "/x", "/x/a"),
        ("./a/", "/x/", "/x/a"),
        ("..", "/x/y", "/x"),
        ("../../..", "/x", "/"),
        ("~/a", "/x", "/root/a"),
        ("a", None, None),
        ("/a", None, "/a"),
        ("//a", "/x", "/a"),
        ("", "/x", "/x"),
    ],
)
def test_absolute(path: str, folder: str | None, result: str | None) -> None:
    assert absolute(path, folder) == result


@pytest.mark.parametrize(
    ("mount", "target"),
    [
        ("type=cache,target=/a/b/", "/a/b"),
        ("type=cache,dst=/a", "/a"),
        ("target=/a", "/a"),
        ("type=tmpfs,destination=/a", "/a"),
        ("type=secret,target=/a", "/a"),
        ("type=secret,id=a", ""),
        ("type=cache", ""),
    ],
)
def test_mounts(mount: str, target: str) -> None:
    assert mount_target(mount) == target


words = st.sampled_from(["pip", "install", "-r", "--index-url=", "-", "--", "a>=1", "a@", "@", "://", ".whl", "-m", ""])


@given(st.sampled_from(["pip", "python", "uv", "git", "apt-get", "dpkg"]), st.lists(words, max_size=6))
def test_any_command_line_can_be_read(program: str, rest: list[str]) -> None:
    line = " ".join([program, *(f"'{word}'" for word in rest)])
    for read in (parse_pip, parse_config, parse_clone, parse_apt, parse_dpkg, parse_repository, python_module):
        read(arguments(line))
