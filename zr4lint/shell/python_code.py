"""Finds the commands that a Python program on the command line runs or is equivalent to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.shell.commands import Command, Wrapper
from zr4lint.shell.expansion import plain_word

if TYPE_CHECKING:
    import ast

_LONGEST = 4_000
_MOST = 50
_ALIKE: Mapping[str, tuple[str, ...]] = {
    "os.remove": ("rm",),
    "os.unlink": ("rm",),
    "os.rmdir": ("rmdir",),
    "os.removedirs": ("rmdir",),
    "os.rename": ("mv",),
    "os.replace": ("mv",),
    "os.mkdir": ("mkdir",),
    "os.makedirs": ("mkdir", "-p"),
    "shutil.rmtree": ("rm", "-r"),
    "shutil.move": ("mv",),
    "shutil.copy": ("cp",),
    "shutil.copyfile": ("cp",),
    "shutil.copy2": ("cp", "-p"),
    "os.system": ("sh", "-c"),
}
"""Commands that are equivalent to a function when given its arguments."""
_IMPORTED = r"__import__\('(\w+)'\)"
_EMPTYING = ("w", "wb", "w+", "wt", "x")
_PIP = frozenset({"pip.main", "pip._internal.main", "pip._internal.cli.main.main"})
_RUNS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))


def run_by_python(command: Command, values: Sequence[str | None]) -> Iterator[Command]:
    """Yield, in order, the commands that `python -c` certainly runs; `values` are those of the command's words."""
    at = next((i for i, value in enumerate(values) if value == "-c"), len(values))
    code = values[at + 1] if at + 1 < len(values) else None
    if command.stdin is not None and list(values[1:]) in ([], ["-"]):
        at, code = -1, command.stdin.text
    if code is None or len(code) > _LONGEST or "(" not in code:
        return
    word = command.words[at + 1]
    wrapper = Wrapper("python", command.words[0].span)
    for argv in list(_commands(code))[:_MOST]:
        words = tuple(plain_word(text, word.span) for text in argv)
        yield structs.replace(command, words=words, stdin=None, wrappers=(*command.wrappers, wrapper))


def _commands(code: str) -> Iterator[Sequence[str]]:
    import ast  # its import takes 4 ms, and few Dockerfiles have python -c

    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            module = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
            names |= {alias.asname or alias.name: module + alias.name for alias in statement.names}
        elif isinstance(statement, (ast.Expr, ast.Assign)) and isinstance(statement.value, ast.Call):
            argv = _argv(statement.value, names)
            if argv:
                yield argv
        elif not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)):
            return  # the following statements run conditionally


def _argv(call: ast.Call, names: Mapping[str, str]) -> Sequence[str]:
    """Return the command that a call is equivalent to, or nothing if it is not known."""
    import ast  # already imported

    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        inner = call.func.value
        if _name_of(inner.func, names) == "open":
            return _argv(inner, names)
        if _name_of(inner.func, names) != "__import__":
            return _of_path(inner, call, names)
    arguments = [_constant(argument) for argument in call.args]
    name = _name_of(call.func, names)
    if name == "open" and len(arguments) == 2 and arguments[1] in _EMPTYING and isinstance(arguments[0], str):
        return ("truncate", "-s", "0", arguments[0])
    if name in _ALIKE and all(isinstance(argument, str) for argument in arguments):
        return (*_ALIKE[name], *map(str, arguments))
    if name == "os.chmod" and len(arguments) == 2 and isinstance(arguments[1], int):
        return ("chmod", f"{arguments[1]:o}", str(arguments[0])) if isinstance(arguments[0], str) else ()
    if name == "os.truncate" and len(arguments) == 2 and isinstance(arguments[0], str):
        return ("truncate", "-s", str(arguments[1]), arguments[0])
    if name not in _RUNS | _PIP or not arguments:
        return ()
    if isinstance(arguments[0], list):
        words = arguments[0] if all(isinstance(argument, str) for argument in arguments[0]) else []
        return ("pip", *words) if name in _PIP and words else words
    shell = any(keyword.arg == "shell" and _constant(keyword.value) is True for keyword in call.keywords)
    return ("sh", "-c", arguments[0]) if shell and isinstance(arguments[0], str) else ()


def _name_of(function: ast.expr, names: Mapping[str, str]) -> str:
    """Return the full name of a function, with the module that it was imported from."""
    import ast  # already imported

    name = re.sub(_IMPORTED, r"\1", ast.unparse(function))
    head, dot, rest = name.partition(".")
    return names.get(head, head) + dot + rest


def _of_path(made: ast.Call, call: ast.Call, names: Mapping[str, str]) -> Sequence[str]:
    """Return the command that a method of `Path("...")` is equivalent to."""
    import ast  # already imported

    name = ast.unparse(made.func)
    head, dot, rest = name.partition(".")
    values = [_constant(argument) for argument in (*made.args, *call.args)]
    if names.get(head, head) + dot + rest != "pathlib.Path" or len(made.args) != 1 or not isinstance(values[0], str):
        return ()
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "chmod" and len(values) == 2 and isinstance(values[1], int):
        return ("chmod", f"{values[1]:o}", values[0])
    if method in ("write_text", "write_bytes"):
        return ("truncate", "-s", "1" if values[1:2] not in ([""], [b""]) else "0", values[0])
    if method in ("rename", "replace") and len(values) == 2 and isinstance(values[1], str):
        return ("mv", values[0], values[1])
    return {"unlink": ("rm", values[0]), "rmdir": ("rmdir", values[0]), "mkdir": ("mkdir", values[0])}.get(method, ())


def _constant(node: ast.expr) -> object:
    """Return the value of a literal, "python" for `sys.executable`, and None for anything else."""
    import ast  # already imported

    if isinstance(node, ast.List):
        return [_constant(element) for element in node.elts]
    if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable":
        return "python"
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
