"""The pipeline: lints a text in a fixed sequence of steps and returns its report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS
from zr4lint.dockerfile import Dockerfile, parse
from zr4lint.dockerfile.directives import CHECK_ARGUMENT
from zr4lint.dockerfile.peer_comments import PeerComment, declared_shells, peer_comments
from zr4lint.facts import BuildContext, Facts, gather
from zr4lint.knowledge.tables import image_variables
from zr4lint.linting.bounds import bound
from zr4lint.linting.cascades import demote
from zr4lint.linting.causes import causes
from zr4lint.linting.conflicts import settle
from zr4lint.linting.engine import PackResult, run_packs
from zr4lint.linting.file_findings import file_findings
from zr4lint.linting.judged import Again, Judged, Stage
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.once import once
from zr4lint.linting.score import conformance_of
from zr4lint.linting.suppressions import heed
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.model.finding import FileReport, Finding, Severity, in_order, placed
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.linting.baseline import Baseline
    from zr4lint.packs.model import Pack, PackRule


def severities(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Set the severities of findings to those of the options."""
    options = judged.options
    if any(comment.fails for comment in judged.peer_comments):
        from zr4lint.linting.failing_checks import with_failing  # few files have the directive

        findings = with_failing(findings, judged)
    if not options.severity:
        return findings
    return [structs.replace(finding, severity=options.severity_of(finding)) for finding in findings]


def selection(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Keep the findings of the selected rules; in a template, drop those on instructions with markup."""
    if judged.options.template:
        from zr4lint.linting.templates import without_markup  # few files are templates

        findings = list(without_markup(findings, judged))
    return filter(judged.options.selects, findings)


def baseline(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Suppress the findings in the baseline."""
    known = judged.baseline
    if known is None:
        return findings
    if not judged.facts.included:
        return known.suppress(findings, judged.source)
    from zr4lint.linting.other_files import by_file, globally

    own, others = by_file(findings, judged.facts)
    found = known.suppress(own, judged.source)
    for included, there in others:
        found += (globally(one, included) for one in known.suppress(there, included.source))
    return found


EXPERIMENTAL = ("InvalidDefinitionDescription",)
"""The checks of BuildKit that run only with `# check=experimental=`."""

STAGES: tuple[Stage, ...] = (severities, settle, demote, heed, selection, once, causes, bound, baseline)
"""The stages that process the findings of the rules, in this order."""


class Gathered(Struct, frozen=True):
    """A text before its rules run: its facts, its comments for other linters, and the options with their effect."""

    facts: Facts
    comments: Sequence[PeerComment]
    options: LintOptions


class Linted(Struct, frozen=True):
    """A linted text: its facts, the report, and the results of the rules of each pack."""

    facts: Facts
    report: FileReport
    results: tuple[PackResult, ...] = ()

    @property
    def dockerfile(self) -> Dockerfile:
        """Return the parsed file."""
        return self.facts.dockerfile


class Linter:
    """Lints texts with the same packs and options, until a deadline."""

    def __init__(
        self,
        packs: Sequence[Pack],
        options: LintOptions | None = None,
        baseline: Baseline | None = None,
        deadline: Deadline = NO_DEADLINE,
        *,
        merges: bool = True,
        bounded: bool = True,
    ) -> None:
        self.packs = packs
        omitted = (*(() if merges else (causes,)), *(() if bounded else (bound,)))
        self.stages = tuple(stage for stage in STAGES if stage not in omitted)
        self.options = options or LintOptions()
        self.baseline = baseline
        self.deadline = deadline
        images = {name: variables for pack in packs for name, variables in pack.images.items()}
        self._images = {**image_variables(), **images}

    def lint(self, source: SourceFile) -> Linted:
        """Lint one text; findings are in the order of the text. Raises TimeUpError when the deadline passes."""
        return self.judge(self.gather(source))

    def gather(self, source: SourceFile) -> Gathered:
        """Parse a text and gather its facts."""
        dockerfile = parse(source)
        self.deadline.check()
        comments = peer_comments(dockerfile, dict(self.options.build_args).get(CHECK_ARGUMENT))
        options = _with_experiments(self.options, comments)
        context = BuildContext(options.context, options.context_assumed) if options.context is not None else None
        facts = gather(
            dockerfile,
            self._images,
            targets=options.targets,
            build_args=dict(options.build_args),
            contexts=dict(options.contexts),
            context=context,
            deadline=self.deadline,
        )
        if options.suppressions:
            facts.declared_shells = declared_shells(comments, dockerfile.instructions)
        return Gathered(facts, comments, options)

    def judge(self, gathered: Gathered) -> Linted:
        """Run the rules on the facts of a text."""
        facts, options = gathered.facts, gathered.options
        source = facts.dockerfile.source
        judged = self._judged(gathered, self._again(source) if self.deadline.trials > 0 else None)
        found: Sequence[Finding] = in_order(_staged(judged, self.stages))
        others: tuple[FileReport, ...] = ()
        conformance = tuple(
            conformance_of(result.pack, result.results, result.findings)
            for result in judged.results
            if result.pack.specification is not None
        )
        names = tuple(pack.name for pack in self.packs)
        if facts.included:
            from zr4lint.linting.other_files import told_apart, with_anchors  # few builds read files of their context

            found, others = told_apart(found, facts, names)
            conformance = tuple(with_anchors(part, facts) for part in conformance)
        findings = tuple(placed(finding, source) for finding in found)
        report = FileReport(source, findings, conformance, names, options.lists_conflicts, others)
        return Linted(facts, report, tuple(judged.results))

    def _judged(
        self, gathered: Gathered, again: Again | None = None, needed: Callable[[PackRule], bool] | None = None
    ) -> Judged:
        """Run the rules of the packs on a text, only those that are `needed`, and return the results."""
        facts, options = gathered.facts, gathered.options
        results = tuple(run_packs(facts, self.packs, options, self.deadline, needed))
        return Judged(facts, self.packs, results, options, self.baseline, gathered.comments, again)

    def _again(self, source: SourceFile) -> Again:
        """Return a function that lints another text of the same file, up to the search for causes."""

        def again(text: str, codes: Collection[str] | None = None) -> Sequence[Finding]:
            self.deadline.trials -= 1
            gathered = self.gather(SourceFile(text, source.path, bom=source.bom))
            needed = None if codes is None or self.options.severity else partial(may_find, codes)
            return _staged(self._judged(gathered, needed=needed), STAGES[: STAGES.index(causes)])

        return again

    def of_every_rule(self, *, merges: bool = True) -> Linter:
        """Return the same linter, whose reports include unselected rules and all findings of a rule.

        Without `merges`, findings with one cause are reported separately.
        """
        options = self.options
        extended = (*options.select, *options.extend_select)
        every = structs.replace(options, select=(), ignore=(), extend_select=extended)
        return Linter(self.packs, every, self.baseline, self.deadline, merges=merges, bounded=False)


def may_find(codes: Collection[str], rule: PackRule) -> bool:
    """Return whether a rule may find an error, or something under one of these codes."""
    return rule.rule.severity is Severity.ERROR or rule.rule.code in codes or KINDS[rule.check].raises


def lint(
    source: SourceFile, packs: Sequence[Pack], options: LintOptions | None = None, baseline: Baseline | None = None
) -> FileReport:
    """Lint a text with packs and return its report."""
    return Linter(packs, options, baseline).lint(source).report


def _with_experiments(options: LintOptions, comments: Sequence[PeerComment]) -> LintOptions:
    """Return the options with the experimental checks that the file's `# check=` directive enables."""
    wanted = [name for comment in comments for name in comment.wanted]
    if not wanted or not options.suppressions or options.select:
        return options
    names = EXPERIMENTAL if "all" in wanted else [name for name in EXPERIMENTAL if name in wanted]
    return structs.replace(options, extend_select=(*options.extend_select, *names))


def _staged(judged: Judged, stages: Iterable[Stage]) -> Sequence[Finding]:
    findings: Sequence[Finding] = [*_found(judged)]
    for stage in stages:
        findings = [*stage(findings, judged)]
    return findings


def _found(judged: Judged) -> Iterator[Finding]:
    yield from file_findings(judged)
    for result in judged.results:
        yield from result.findings
