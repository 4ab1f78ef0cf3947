"""Walks compound commands: branches, loops and tests, and decides which of their parts run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model import budgets
from zr4lint.shell import conditions
from zr4lint.shell.arithmetic import evaluate, names_changed
from zr4lint.shell.binding import bound
from zr4lint.shell.commands import Dialect, Reach, Word
from zr4lint.shell.expansion import expand_all, plain_word, unbraced, unknown
from zr4lint.shell.fatal_steps import ends_at_words
from zr4lint.shell.printed_text import fields
from zr4lint.shell.status import CONDITION, DONE, FALSE, Jump, Status, Value
from zr4lint.shell.tree import Frame, after, between

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.model.source import Span
    from zr4lint.shell.walker import Walker

_READ = r"(?:IFS= )?read(?: -r)? ([A-Za-z_]\w*)"
_NUMBER = r"\d[\d.]*"
"""The pattern of a number after `<`: the author meant a comparison, not a file."""
_FOR_IN = r"for\s+\w+\s+in\b"
_ALL = frozenset({"$@", "$*", '"$@"', '"$*"', "${@}", "${*}", '"${@}"'})


def branches(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk an `if` with its branches and return its status."""
    results: list[tuple[Reach, Status]] = []
    condition = DONE
    otherwise = Reach.ALWAYS
    parts = [node, *(c for c in node.named_children if c.type in ("elif_clause", "else_clause"))]
    for part in parts:
        here = frame.under(otherwise)
        if part.type == "else_clause":
            results.append((otherwise, walker.sequence(part.children, here)))
            otherwise = Reach.NEVER
            continue
        tests = between(part, ("if", "elif"), "then")
        status = walker.sequence(tests, structs.replace(here, tested=True, caught=True))
        if status.ended and otherwise is Reach.ALWAYS:
            condition = status
        then = Reach.MAYBE if status.value is Value.DONE and not status.jump else status.reach(Value.TRUE)
        body = [c for c in after(part, "then") if c.type not in ("elif_clause", "else_clause", "fi")]
        reach = min(otherwise, then)
        results.append((reach, walker.sequence(body, frame.under(reach))))
        if status.may_end:
            results.append((Reach.MAYBE, status))
        otherwise = min(otherwise, status.reach(Value.FALSE))
    return condition if condition.ended else _one_of(results, open_=otherwise is not Reach.NEVER)


def _one_of(results: Sequence[tuple[Reach, Status]], *, open_: bool) -> Status:
    """Return the status of the branch that runs; with `open_`, possibly no branch runs."""
    possible = [status for reach, status in results if reach is not Reach.NEVER]
    certain = [status for reach, status in results if reach is Reach.ALWAYS]
    if len(possible) == 1 and certain:
        return certain[0]
    jump = max((status.jump for status in possible), default=Jump.NONE)
    sure = bool(possible) and not open_ and all(status.ended for status in possible)
    values = {status.value for status in possible}
    value = values.pop() if len(values) == 1 and not open_ else Value.DONE
    return Status(value, jump, sure or jump is Jump.NONE)


def cases(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk a `case` and return its status. If its word is unknown, each branch may run."""
    value = node.child_by_field_name("value")
    word = None
    if value is not None:
        walker.substitutions(value, structs.replace(frame, tested=True, caught=True))
        written = bind(walker, walker.word([value], frame))
        if (ended := ends_at_words(walker, (written,), written.span, frame)) is not None:
            return ended
        word = walker.variables.value(written)
    results: list[tuple[Reach, Status]] = []
    open_ = Reach.ALWAYS  # the certainty that no earlier branch has run
    for item in node.named_children:
        if item.type != "case_item":
            continue
        patterns = item.children_by_field_name("value")
        ids = {pattern.id for pattern in patterns}
        body = [n for n in item.named_children if n.id not in ids]
        fits = [_fits(walker, word, pattern, frame) for pattern in patterns]
        known = Reach.ALWAYS if True in fits else Reach.MAYBE if None in fits else Reach.NEVER
        reach = min(known, open_)
        results.append((reach, walker.sequence(body, frame.under(reach))))
        if known is Reach.ALWAYS:
            open_ = Reach.NEVER
        elif known is Reach.MAYBE:
            open_ = min(open_, Reach.MAYBE)
    return _one_of(results, open_=open_ is not Reach.NEVER)


def _fits(walker: Walker, word: str | None, pattern: Node, frame: Frame) -> bool | None:
    text = frame.text(pattern)
    if text == "*":
        return True
    if word is None:
        return None
    quoted = text[:1] in ("'", '"') and text[-1:] == text[:1] and len(text) > 1
    if quoted and "$" not in text and "\\" not in text:
        return word == text[1:-1]
    if any(c in text for c in "'\"`\\"):
        return None
    if "$" in text:
        value = walker.variables.value(walker.word([pattern], frame))
        return None if value is None else conditions.fits(word, value)
    return conditions.fits(word, text)


def while_(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk a `while` or `until`: each round if its condition is known, otherwise the body once. Return its status."""
    frame = structs.replace(frame, in_loop=True)
    condition = between(node, ("while", "until"), "do_group")
    if (read := _reads_lines(walker, node, condition, frame)) is not None:
        return read
    wanted = Value.TRUE if node.children[0].type == "while" else Value.FALSE
    bodies = [child for child in node.named_children if child.type == "do_group"]
    testing = structs.replace(frame, tested=True, caught=True)
    result, rounds = DONE, 0
    while True:
        before = walker.state()
        status = walker.sequence(condition, testing)
        if status.value is not wanted or status.jump or len(bodies) != 1:
            break
        result = walker.sequence(bodies[0].children, structs.replace(frame, repeated=rounds > 0))
        rounds += 1
        if result.jump or walker.state() == before or rounds >= budgets.ROUNDS:
            return structs.replace(result.within(Jump.LOOP), value=Value.DONE, tested=True)
    if rounds and status.value is wanted.negated:
        return structs.replace(result, value=Value.DONE, tested=True)
    walker.forget(node, frame)
    reach = min(status.reach(wanted), Reach.MAYBE) if rounds else status.reach(wanted)
    for body in bodies:
        result = walker.sequence(body.children, frame.under(reach))
    if status.ended:
        return status.within(Jump.LOOP)
    if reach is Reach.MAYBE and result.jump > Jump.LOOP:
        return Status(Value.DONE, result.jump, False)
    return DONE if reach is Reach.NEVER else structs.replace(result.within(Jump.LOOP), value=Value.DONE, tested=True)


def _reads_lines(walker: Walker, node: Node, condition: list[Node], frame: Frame) -> Status | None:
    """Walk `... | while read NAME; do ...` if the input is known; return None for any other loop."""
    named = [child for child in condition if child.is_named]
    found = re.fullmatch(_READ, frame.text(named[0])) if len(named) == 1 else None
    lines = (walker.piped(frame) or frame.stdin) if found is not None else None
    bodies = [child for child in node.named_children if child.type == "do_group"]
    if found is None or len(bodies) != 1 or node.children[0].type != "while":
        return None
    if lines is None:
        return _over_listed(walker, found[1], bodies[0], frame) if frame.operator == "|" else None
    words = fields(lines, lines=True)
    return _repeat(walker, found[1], words, bodies[0], walker.span(named[0], frame), frame)


def for_each(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk a `for` and return its status. The body runs once for each word if all are known, and may run otherwise."""
    variable = node.child_by_field_name("variable")
    body = node.child_by_field_name("body")
    if variable is None or body is None:
        return DONE
    frame = structs.replace(frame, in_loop=True)
    name, span = frame.text(variable), walker.span(variable, frame)
    values = node.children_by_field_name("value")
    for child in values:
        walker.substitutions(child, frame)
    place = walker.span(values[0], frame) if len(values) == 1 else span
    if (ended := ends_at_words(walker, (walker.word([v], frame) for v in values), place, frame)) is not None:
        walker.sequence(body.children, frame.under(Reach.NEVER))
        return ended
    words = _rounds(walker, node, frame)
    if words is None and len(values) == 1 and (pattern := walker.word(values, frame)).glob and not pattern.expansions:
        return _over_files(walker, name, pattern, body, frame)
    if words is None and len(values) == 1 and values[0].type == "command_substitution":
        listed = _over_listed(walker, name, body, frame)
        if listed is not None:
            return listed
    return _repeat(walker, name, words, body, span, frame)


def _repeat(walker: Walker, name: str, words: list[Word] | None, body: Node, span: Span, frame: Frame) -> Status:
    """Walk a loop's body once for each of `words`, or as a loop over unknown words if it is None."""
    over = words is not None and len(words) > budgets.ROUNDS
    if over:
        walker.too_large("a loop", f"{budgets.ROUNDS} rounds", span)
    if words is None or over:
        return _open_loop(walker, name, body, span, frame)
    if not words:
        walker.sequence(body.children, frame.under(Reach.NEVER))
        return DONE
    here, status = frame, DONE
    for index, word in enumerate(words):
        if index and walker.exhausted("a loop", span):
            return _open_loop(walker, name, body, span, here)
        walker.emit(here, span, assignments=((name, word),))
        result = walker.sequence(body.children, here)
        here = structs.replace(here, repeated=True)
        if result.jump > Jump.LOOP:
            status = structs.replace(result, sure=result.sure and here.reach is frame.reach)
        if result.ended and result.jump is not Jump.ROUND:
            break
        if result.may_end and result.jump is not Jump.ROUND:
            here = here.under(Reach.MAYBE)
    return status


def _over_files(walker: Walker, name: str, pattern: Word, body: Node, frame: Frame) -> Status:
    """Walk a loop over the files that match a pattern: once, with the pattern in place of the variable."""
    around = walker.patterns.get(name)
    walker.forget(body, frame)
    walker.assign(name, None, frame)
    walker.patterns[name] = pattern
    result = walker.sequence(body.children, structs.replace(frame, repeated=True))
    walker.patterns.pop(name)
    if around is not None:
        walker.patterns[name] = around
    return Status(Value.DONE, result.jump, False) if result.jump > Jump.LOOP else DONE


def _over_listed(walker: Walker, name: str, body: Node, frame: Frame) -> Status | None:
    """Walk a loop over the files that the last command prints; return None if they are unknown."""
    from zr4lint.shell.listed_files import listed  # few scripts have such a loop

    found = listed(walker, frame)
    if found is None:
        return None
    here, status = frame if found.sure else frame.under(Reach.MAYBE), DONE
    for pattern in found.patterns:
        status = _over_files(walker, name, pattern, body, here)
    return status


def _open_loop(walker: Walker, name: str, body: Node, span: Span, frame: Frame) -> Status:
    """Walk a loop over unknown words."""
    walker.forget(body, frame)
    here = structs.replace(frame.under(Reach.MAYBE), repeated=True)
    walker.emit(here, span, assignments=((name, unknown(plain_word("", span))),))
    result = walker.sequence(body.children, here)
    return Status(Value.DONE, result.jump, False) if result.jump > Jump.LOOP else DONE


def _rounds(walker: Walker, node: Node, frame: Frame) -> list[Word] | None:
    """Return the words that a `for` iterates over, or None if they are unknown."""
    values = node.children_by_field_name("value")
    if not values and not re.match(_FOR_IN, frame.text(node)):
        return None if walker.arguments is None else list(walker.arguments)
    found: list[Word] = []
    for value in values:
        for word in words(walker, value, frame):
            if not word.expansions and not word.glob:
                found.append(word)
                continue
            arguments = expand_all([word], walker.variables)
            if any(a.value is None or a.glob or any(c in a.value for c in "*?[") for a in arguments):
                return None
            found += (plain_word(a.value or "", a.span) for a in arguments)
    return found


def words(walker: Walker, node: Node, frame: Frame) -> tuple[Word, ...]:
    """Return the words of a node: several for the braces of bash and for `"$@"`, otherwise one."""
    if walker.arguments is not None and node.type != "word" and frame.text(node) in _ALL:
        if walker.may_copy(len(walker.arguments), frame.script.span(node.start_byte, node.end_byte)):
            return walker.arguments
        return (unknown(walker.word([node], frame)),)
    word = bind(walker, walker.word([node], frame))
    if walker.dialect is Dialect.BASH:
        return unbraced(word)
    braced = walker.dialect is Dialect.SH and len(unbraced(word)) > 1
    return (unknown(word),) if braced else (word,)


def bind(walker: Walker, word: Word) -> Word:
    """Return a word with the arguments of the enclosing function's call substituted."""
    if walker.arguments is None or not word.expansions:
        return word
    return bound(word, walker.arguments, walker.zeroth)


def test(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk `[ ... ]` or `[[ ... ]]` and return its status."""
    walker.substitutions(node, frame)
    if node.children and node.children[0].type == "[[":
        if walker.in_dash:
            return FALSE  # dash has no such command
        inner = [child for child in node.named_children if child.type != "comment"]
        return Status(_double(walker, inner[0], frame) if len(inner) == 1 else Value.CONDITION)
    found: list[Word] = []
    if node.children[-1].is_missing:
        return FALSE  # `[` fails without its "]"
    if node.has_error or not _flatten(walker, node, frame, found):
        return CONDITION
    found = found[1:-1]
    if (ended := ends_at_words(walker, found, walker.span(node, frame), frame)) is not None:
        return ended
    literals = [word.literal for word in found]
    if "<" in literals[:-1] and not found[literals.index("<")].quoted:
        target = found[literals.index("<") + 1].literal
        there = walker.look(target, frame) if target is not None else None
        missing = there is not None and there.kind.value == 1
        return FALSE if missing or re.fullmatch(_NUMBER, target or "") else CONDITION
    return Status(tested_words(walker, found, frame))


def tested_words(walker: Walker, arguments: Sequence[Word], frame: Frame) -> Value:
    """Return the result of `test` with words as its arguments."""
    if walker.dialect is Dialect.SH and any(word.literal == "==" for word in arguments):
        return Value.CONDITION
    if walker.in_dash and len(arguments) > 2 and arguments[1].literal in ("==", "=~"):
        return conditions.FAILED
    values = [argument.value for argument in expand_all(arguments, walker.variables)]
    if any(value is None for value in values) or any(word.glob for word in arguments):
        return Value.CONDITION
    look = partial(walker.look, frame=frame)
    return conditions.test([value or "" for value in values], look, in_dash=walker.in_dash)


_SPLIT = frozenset({"test_command", "binary_expression", "unary_expression", "parenthesized_expression", "ERROR"})


def _flatten(walker: Walker, node: Node, frame: Frame, found: list[Word], depth: int = 0) -> bool:
    """Append the words of a test to `found`; return False if the tree doesn't show them."""
    if depth > budgets.NESTING:
        return False
    for child in node.children:
        if child.type in _SPLIT:
            if not _flatten(walker, child, frame, found, depth + 1):
                return False
        elif child.is_named and child.type != "test_operator":
            found += words(walker, child, frame)
        else:
            found.append(plain_word(frame.text(child), walker.span(child, frame)))
    return True


def _double(walker: Walker, node: Node, frame: Frame, depth: int = 0) -> Value:
    """Return the result of the expression inside `[[ ]]`."""
    if depth > budgets.NESTING:
        return Value.CONDITION
    depth += 1
    children = [child for child in node.children if child.type not in ("(", ")")]
    if node.type == "parenthesized_expression" and len(children) == 1:
        return _double(walker, children[0], frame, depth)
    if node.type == "unary_expression" and len(children) == 2:
        if children[0].type == "!":
            return _double(walker, children[1], frame, depth).negated
        value = _one(walker, children[1], frame)
        if value is None:
            return Value.CONDITION
        return conditions.test([frame.text(children[0]), value], partial(walker.look, frame=frame), in_dash=False)
    if node.type == "binary_expression" and len(children) == 3:
        operator = frame.text(children[1])
        if operator in ("&&", "||"):
            left, right = (_double(walker, children[i], frame, depth) for i in (0, 2))
            return conditions.both(left, right) if operator == "&&" else conditions.either(left, right)
        return _compared(walker, children[0], operator, children[2], frame)
    if node.type in ("word", "string", "raw_string", "simple_expansion", "expansion", "concatenation", "number"):
        value = _one(walker, node, frame)
        return Value.CONDITION if value is None else conditions.truth(bool(value))
    return Value.CONDITION


def _compared(walker: Walker, left: Node, operator: str, right: Node, frame: Frame) -> Value:
    value = _one(walker, left, frame)
    if operator in ("=", "==", "!="):
        fits = None if value is None else _fits(walker, value, right, frame)
        return Value.CONDITION if fits is None else conditions.truth(fits == (operator != "!="))
    other = _one(walker, right, frame)
    if value is None or other is None or not operator.startswith("-"):
        return Value.CONDITION
    return conditions.test([value, operator, other], partial(walker.look, frame=frame), in_dash=False)


def _one(walker: Walker, node: Node, frame: Frame) -> str | None:
    return walker.variables.value(bind(walker, walker.word([node], frame)))


def arithmetic(walker: Walker, node: Node, frame: Frame) -> Status:
    """Walk `(( ... ))` and return its status, which is true unless the value is 0."""
    if walker.in_dash:
        return FALSE  # dash reads two subshells around a command that doesn't exist
    text = frame.text(node).removeprefix("((").removesuffix("))")
    if changed := names_changed(text):
        for name in changed:
            walker.assign(name, None, frame)
        return CONDITION
    value = evaluate(text, walker.variables.get)
    return CONDITION if value is None else Status(conditions.truth(value != 0))
