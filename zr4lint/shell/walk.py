"""Shell text to commands.

tree-sitter-bash finds the structure; this module walks it the way a shell runs it. A command that follows another by
"&&" is taken to run, since a build goes on only when its commands succeed; one behind "||", in a branch or in a loop
over unknown things may run; one behind `false &&` or `exit 0` never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.source import MappedText, Span
from zr4lint.shell import dash
from zr4lint.shell.commands import Command, Expansion, Heredoc, Pipe, Reach, Redirection, Word, Wrapper
from zr4lint.shell.expansion import Environment, Variables, unbraced, word_of
from zr4lint.shell.status import Status, constant, status_of
from zr4lint.shell.tree import Frame, after, between, parse_tree, read_assignment, read_redirect
from zr4lint.shell.wrappers import fed, nested_script, program, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 60
MAX_UNROLLED = 64

_UNKNOWN = (Expansion(0, 0, None, "", "", True),)
_PARAMETER = r"\"?\$\{?(\w+|[@*])\}?\"?\Z"
_PASSIVE = frozenset({"comment", "heredoc_body", "heredoc_start", "heredoc_end", "heredoc_content", "\n", ";", ";;"})


def parse_script(
    script: MappedText,
    heredocs: Sequence[Heredoc] = (),
    *,
    sh_is_dash: bool = False,
    in_sh: bool = False,
    variables: Environment | None = None,
) -> tuple[Command, ...]:
    """All commands of a script in the order they run; those of subshells, `sh -c '...'` and called functions too.

    `sh_is_dash` tells that sh is dash, `in_sh` that sh reads this script. Tests of `variables` come out as their
    values have it, None for a value that can't be known.
    """
    walk = _Walk(sh_is_dash=sh_is_dash, in_sh=in_sh, variables=variables or {})
    walk.script(script, heredocs, Frame(script, {}, Reach.ALWAYS, (), "", 0))
    return tuple(walk.commands)


class _Walk:
    def __init__(self, *, sh_is_dash: bool, in_sh: bool, variables: Environment) -> None:
        self.commands: list[Command] = []
        self.functions: dict[str, Node] = {}
        self.scopes = 0
        self.pipelines = 0
        self.sh_is_dash = sh_is_dash
        self.in_sh = in_sh
        self.variables = Variables(variables)

    @property
    def in_dash(self) -> bool:
        """Whether dash reads the script that is walked."""
        return self.in_sh and self.sh_is_dash

    def script(self, script: MappedText, heredocs: Iterable[Heredoc], around: Frame) -> Status:
        text = script.text
        reach = around.reach
        bodies = {}
        for heredoc in heredocs:
            # A redirection of the same length keeps every offset, and the place in the tree where the heredoc belongs.
            placeholder = "<" + "h" * (heredoc.end - heredoc.start - 1)
            text = text[: heredoc.start] + placeholder + text[heredoc.end :]
            bodies[heredoc.start] = heredoc.body
        root = parse_tree(text)
        if self.in_dash and dash.refuses(root, text):
            reach = Reach.NEVER
        frame = Frame(
            script, bodies, reach, around.scope, "", around.depth, wrappers=around.wrappers, pipes=around.pipes
        )
        return self.sequence(root.children, frame)

    def new_scope(self, frame: Frame) -> Frame:
        self.scopes += 1
        return structs.replace(frame, scope=(*frame.scope, self.scopes))

    # Lists of commands

    def sequence(self, nodes: Sequence[Node], frame: Frame) -> Status:
        status = Status.DONE
        first = True
        for index, node in enumerate(nodes):
            if not node.is_named or node.type in _PASSIVE:
                continue
            background = index + 1 < len(nodes) and nodes[index + 1].type == "&"
            reach = self.background_reach(nodes[index + 2 :], frame) if background else Reach.ALWAYS
            here = frame.under(reach, frame.operator if first else ";")
            first = False
            result = self.visit(node, here)
            if result is Status.EXITED and not background:
                frame = structs.replace(frame, reach=Reach.NEVER)
                status = Status.EXITED
            elif result is Status.MAY_EXIT and status is not Status.EXITED:
                frame = frame.under(Reach.MAYBE)
                status = Status.MAY_EXIT
            elif not status.ends:
                status = result
        return status

    def background_reach(self, following: Sequence[Node], frame: Frame) -> Reach:
        """How far a command in the background gets: it ends with the shell, unless something waits for it."""
        after = [node for node in following if node.is_named and node.type not in _PASSIVE]
        if any(frame.text(node).split()[:1] == ["wait"] for node in after):
            return Reach.ALWAYS
        return Reach.MAYBE if after or frame.scope else Reach.NEVER

    def and_or(self, node: Node, frame: Frame) -> Status:
        """A chain of && and ||; the tree nests to the left, once for each operator."""
        chain: list[tuple[str, Node]] = []
        while node.type == "list":
            named = node.named_children
            operator = next((c.type for c in node.children if c.type in ("&&", "||")), "&&")
            if len(named) < 2:
                break
            chain.append((operator, named[-1]))
            node = named[0]
        status = self.visit(node, frame)
        for operator, right in reversed(chain):
            status = self.continued(status, operator, right, frame)
        return status

    def continued(self, status: Status, operator: str, right: Node, frame: Frame) -> Status:
        """The right side of && or ||, after a left side that ended in `status`."""
        reach = status.behind(operator)
        result = self.visit(right, frame.under(reach, operator))
        if reach is not Reach.MAYBE:
            return result if reach is Reach.ALWAYS else status
        if result.ends:
            return Status.MAY_EXIT
        return Status.CONDITION if operator == "&&" else Status.DONE

    # Nodes

    def visit(self, node: Node, frame: Frame) -> Status:
        if frame.depth > MAX_DEPTH:
            return Status.DONE
        match node.type:
            case "command":
                return self.command(node, frame)
            case "list":
                return self.and_or(node, frame)
            case "redirected_statement":
                return self.redirected(node, frame)
            case "pipeline":
                return self.pipeline(node.named_children, frame)
            case "subshell":
                return self.sequence(node.named_children, self.new_scope(frame)).outside
            case "compound_statement" if node.children and node.children[0].type == "((":
                return Status.CONDITION
            case "compound_statement" | "do_group" | "else_clause" | "program":
                return self.sequence(node.children, frame)
            case "negated_command":
                return self.sequence(node.named_children, frame).negated
            case "test_command":
                text = frame.text(node)
                return Status.FALSE if self.in_dash and text.startswith("[[") else constant(self.variables.filled(text))
            case "if_statement":
                return self.branches(node, frame)
            case "while_statement":
                return self.loop(node, frame)
            case "for_statement":
                return self.for_each(node, frame)
            case "case_statement":
                return self.cases(node, frame)
            case "case_item" | "c_style_for_statement":
                self.sequence(node.named_children, frame.under(Reach.MAYBE))
                return Status.DONE
            case "function_definition":
                name = node.child_by_field_name("name")
                body = node.child_by_field_name("body")
                if name is not None and body is not None:
                    self.functions[frame.text(name)] = body
                return Status.DONE
            case "variable_assignment" | "variable_assignments" | "declaration_command":
                return self.assignment(node, frame)
            case "ERROR":
                self.sequence(node.children, frame.under(Reach.MAYBE))
                return Status.DONE
            case _:
                return Status.DONE

    def pipeline(self, nodes: Sequence[Node], frame: Frame) -> Status:
        status = Status.DONE
        self.pipelines += 1
        number = self.pipelines
        for index, node in enumerate(nodes):
            here = self.new_scope(frame).piped(Pipe(number, index, index + 1 == len(nodes)))
            status = self.visit(node, here.under(Reach.ALWAYS, "|" if index else frame.operator))
        return status.outside

    def branches(self, node: Node, frame: Frame) -> Status:
        condition = between(node, ("if", "elif"), "then")
        status = self.sequence(condition, frame)
        then, otherwise = status.reach(Status.TRUE), status.reach(Status.FALSE)
        body = [c for c in after(node, "then") if c.type not in ("elif_clause", "else_clause", "fi")]
        results = [(then, self.sequence(body, frame.under(then)))]
        for child in node.named_children:
            if child.type == "elif_clause":
                results.append((otherwise, self.branches(child, frame.under(otherwise))))
                otherwise = min(otherwise, Reach.MAYBE)
            elif child.type == "else_clause":
                results.append((otherwise, self.sequence(child.children, frame.under(otherwise))))
        exits = {reach for reach, result in results if result.ends}
        if Reach.ALWAYS in exits:
            return Status.EXITED
        return Status.MAY_EXIT if Reach.MAYBE in exits else Status.DONE

    def cases(self, node: Node, frame: Frame) -> Status:
        """The branch that fits a literal word runs, the others don't; with any other word each may."""
        value = node.child_by_field_name("value")
        word = self.variables.value(word_of([value], frame.script)) if value is not None else None
        open_ = word is not None
        for item in node.named_children:
            if item.type != "case_item":
                continue
            patterns = [frame.text(n) for n in item.children_by_field_name("value")]
            body = [n for n in item.named_children if n not in item.children_by_field_name("value")]
            fits = word is not None and any(fnmatchcase(word, pattern.strip("\"'")) for pattern in patterns)
            known = word is not None and not any("$" in pattern for pattern in patterns)
            reach = (Reach.ALWAYS if fits and open_ else Reach.NEVER) if known else Reach.MAYBE
            self.sequence(body, frame.under(reach))
            open_ = open_ and not fits
        return Status.DONE

    def loop(self, node: Node, frame: Frame) -> Status:
        condition = between(node, ("while", "until"), "do_group")
        status = self.sequence(condition, frame)
        reach = status.reach(Status.TRUE if node.children[0].type == "while" else Status.FALSE)
        for child in node.named_children:
            if child.type == "do_group":
                self.sequence(child.children, frame.under(reach))
        return Status.DONE

    def for_each(self, node: Node, frame: Frame) -> Status:
        """Over literal words the body runs once for each; over anything else it may run."""
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if variable is None or body is None:
            return Status.DONE
        name = frame.text(variable)
        self.variables.change(name)
        words = [word_of([c], frame.script) for c in node.children_by_field_name("value")]
        known = 0 < len(words) <= MAX_UNROLLED and all(w.literal is not None and "*" not in w.text.text for w in words)
        for word in words if known else words[:1]:
            here = frame.under(Reach.ALWAYS if known else Reach.MAYBE)
            value = word if known else structs.replace(word, expansions=_UNKNOWN)
            self.emit(here, frame.script.span(variable.start_byte, variable.end_byte), assignments=((name, value),))
            self.sequence(body.children, here)
        return Status.DONE

    def assignment(self, node: Node, frame: Frame) -> Status:
        assignments = self.assignments((node, *node.named_children), frame)
        self.emit(frame, frame.script.span(node.start_byte, node.end_byte), assignments=assignments)
        return Status.DONE

    def assignments(self, nodes: Iterable[Node], frame: Frame) -> tuple[tuple[str, Word], ...]:
        """The assignments among nodes; what they set is not what it was from here on."""
        found = tuple(filter(None, (read_assignment(node, frame.script) for node in nodes)))
        for name, _ in found:
            self.variables.change(name)
        return found

    def redirected(self, node: Node, frame: Frame) -> Status:
        before = len(self.commands)
        redirects = [c for c in node.named_children if c.type.endswith("_redirect")]
        body = next((c for c in node.named_children if not c.type.endswith("_redirect")), None)
        words: list[Node] = []
        redirections: list[Redirection] = []
        stdin: MappedText | None = None
        rest: list[tuple[str, Node]] = []
        for redirect in redirects:
            found = read_redirect(redirect, frame.script, frame.heredocs)
            redirections += found.redirections
            words += found.arguments
            stdin = found.heredoc or stdin
            rest += found.following
        if self.in_dash and any(r.operator in dash.AMPERSANDS for r in redirections):
            frame = frame.under(Reach.MAYBE if node.next_named_sibling else Reach.NEVER)
        piped = next((i for i, (operator, _) in enumerate(rest) if operator != "|"), len(rest))
        self.pipelines += piped > 0
        number = self.pipelines
        here = frame.piped(Pipe(number, 0, False)) if piped else frame
        if body is not None and body.type == "command":
            status = self.command(body, here, words, redirections, stdin)
        else:
            status = self.visit(body, here) if body is not None else Status.DONE
            if len(self.commands) > before and redirections:
                # The grammar hangs a redirection on the whole list; it belongs to the last command before it.
                last = self.commands[-1]
                extra = tuple(word_of([w], frame.script) for w in words)
                self.commands[-1] = structs.replace(
                    last, words=last.words + extra, redirections=(*last.redirections, *redirections)
                )
        for index, (operator, right) in enumerate(rest, start=1):
            if operator == "|":
                here = self.new_scope(frame)
                here = here.piped(Pipe(number, index, index == piped)) if index <= piped else here
                status = self.visit(right, here.under(Reach.ALWAYS, "|")).outside
            else:
                status = self.continued(status, operator, right, frame)
        return status

    # Simple commands

    def command(
        self,
        node: Node,
        frame: Frame,
        arguments: Sequence[Node] = (),
        redirections: Sequence[Redirection] = (),
        stdin: MappedText | None = None,
    ) -> Status:
        script = frame.script
        assignments = self.assignments(node.named_children, frame)
        words: list[Word] = []
        found = list(redirections)
        for child in node.named_children:
            if child.type == "variable_assignment":
                continue
            if child.type.endswith("_redirect"):
                redirect = read_redirect(child, script, frame.heredocs)
                found += redirect.redirections
                words += (word_of([w], script) for w in redirect.arguments)
                stdin = redirect.heredoc or stdin
            elif child.type == "command_name":
                words.append(word_of(child.children, script))
            else:
                words += self.words(child, frame)
        words += (word_of([w], script) for w in arguments)
        span = script.span(node.start_byte, max([node.end_byte, *(a.end_byte for a in arguments)]))
        if frame.call is not None and any(word in frame.call.words for word in words):
            span = frame.call.span
            found += frame.call.redirections
        return self.run(
            Command(
                tuple(words),
                assignments,
                tuple(found),
                span,
                frame.operator,
                frame.reach,
                frame.scope,
                stdin,
                wrappers=frame.wrappers,
                pipes=frame.pipes,
            ),
            frame,
        )

    def words(self, node: Node, frame: Frame) -> tuple[Word, ...]:
        """The words that a node stands for.

        That is one, but for the braces of bash, and for the arguments of a function's call behind `"$@"` or `$1`.
        """
        found = re.match(_PARAMETER, frame.text(node)) if frame.call is not None else None
        if found is None or frame.call is None:
            word = word_of([node], frame.script)
            return (word,) if self.in_sh else unbraced(word)
        arguments = frame.call.words[1:]
        if found[1] in ("@", "*"):
            return arguments
        return arguments[int(found[1]) - 1 :][:1] if found[1].isdigit() else (word_of([node], frame.script),)

    def run(self, command: Command, frame: Frame) -> Status:
        """Follow a command into the function or the nested script it runs, else record it."""
        command, wrapper = unwrap(command)
        name = (command.words[0].literal or "") if command.words else ""
        if name in self.functions and frame.depth < MAX_DEPTH:
            self.visit(self.functions[name], structs.replace(frame, depth=frame.depth + 10, call=command))
            return Status.DONE
        if self.in_dash and name in dash.MISSING:
            self.commands.append(structs.replace(command, reach=Reach.NEVER))
            return Status.FALSE
        if self.in_dash and dash.ends_at(command):
            return Status.EXITED if frame.reach is Reach.ALWAYS else Status.DONE
        if frame.operator == "|" and self.commands:
            command = fed(command, self.commands[-1])
        nested = nested_script(command)
        if nested is not None and frame.depth < MAX_DEPTH:
            inner = frame if name == "eval" else self.new_scope(frame)
            for pair in command.assignments:
                self.emit(inner, command.span, assignments=(pair,))
            outside = self.in_sh
            if name != "eval":
                self.in_sh = program(command.words[0]) in ("sh", "dash")
            wrappers = (*command.wrappers, Wrapper(program(command.words[0]), command.words[0].span))
            inner = structs.replace(inner, depth=frame.depth + 10, wrappers=wrappers)
            status = self.script(nested, (), inner)
            self.in_sh = outside
            self.redirect_last(inner.scope, command.redirections)
            return status if name == "eval" else status.outside
        self.commands.append(command)
        if wrapper == "exec" and command.words:
            return Status.EXITED if frame.reach is Reach.ALWAYS else Status.DONE
        return status_of(command, frame.reach)

    def redirect_last(self, scope: tuple[int, ...], redirections: tuple[Redirection, ...]) -> None:
        """Hand the redirections of `sh -c '...'` to the script's last command, where unbalanced quotes may put them."""
        if redirections and self.commands and self.commands[-1].scope[: len(scope)] == scope:
            last = self.commands[-1]
            self.commands[-1] = structs.replace(last, redirections=last.redirections + redirections)

    def emit(self, frame: Frame, span: Span, *, assignments: tuple[tuple[str, Word], ...]) -> None:
        self.commands.append(Command((), assignments, (), span, frame.operator, frame.reach, frame.scope, None))
