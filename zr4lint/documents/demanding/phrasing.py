"""Rewrites sentences of the same meaning to one wording, and finds the stage that a sentence is about."""

from __future__ import annotations

import re

from msgspec import structs

from zr4lint.documents.demanding.statement import CODE, Statement

_LIMITS = r"\b(?:or|if|when|unless|except|default|only|optional(?:ly)?|but|otherwise)\b"
_SAME: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\Awe (?:will )?use ", "use "),
        (r"\A(?:you|we) (?:must|should|shall) (?:not|never) ", "do not "),
        (r"\A(?:you|we) (?:must|should|shall) (?:always )?", ""),
        (r"\A(?:give|add to) ((?:the|every|each|all) images?) ", r"\1 must have "),
        (rf"\A(never|do not|don't) {CODE}(?: anything| it)?\Z", rf"\1 use {CODE}"),
        (rf";\s+(?!{_LIMITS})(?:(?!{_LIMITS})[^{CODE}])*\Z", ""),
        (r" and no other(?: ports?)?\Z", ""),
        (r" as (?:a|any) user other than root\Z", " as a non-root user"),
        (rf"\A(?:(?!{_LIMITS})[^,{CODE}])*, so (?=the (?:image|dockerfile|container|stage)\b)", ""),
        (
            rf"\Ano ({CODE})(?: instructions?)? (?:may|must|shall) be (?:used|declared|present|set)\Z",
            r"\1 must not be used",
        ),
        (r"\Ano (?:network )?ports? (?:may|must|shall) be exposed\Z", "the image must not expose any ports"),
        (r" in (?:(?:every|each|all|any) (?:image|dockerfile|stage|container)s?|(?:the |your )?dockerfiles?)\Z", ""),
        (rf"\A({CODE})(?: (?:instruction|file|label)s?)? (?:is|are) (?:required|mandatory)\Z", r"\1 must be present"),
        (rf"\A(?:an? )({CODE})(?: (?:file|instruction))? (?:is|are) (?:required|mandatory)\Z", r"\1 must be present"),
        (r"\b(must|should|shall) (?:have|contain|use) no\b", r"\1 not have"),
        (rf",?\s+(?:because|since)\s(?:(?!{_LIMITS}).)*\Z", ""),
        (r"\A(?:it is|it's) (?:necessary|required|mandatory) to ", ""),
        (r"\A(?:it is|it's) (?:forbidden|prohibited|not (?:allowed|permitted)) to ", "do not "),
        (rf"\A((?:the )?[\w {CODE}]+) is {CODE}\Z", rf"\1 must be {CODE}"),
        (r"\b(must|should|shall) to be\b", r"\1 be"),
        (r"\b(?:is|are) (?:forbidden|prohibited|not (?:allowed|permitted))\b", "must not be used"),
        (rf"\Aalways use {CODE}(?:,| and) never (?:use )?{CODE}\Z", f"use {CODE} instead of {CODE}"),
        (rf"\A(?:the )?tag {CODE} (must|should|shall) ", rf"the {CODE} tag \1 "),
        (rf"\A(?:every|each|all|any) {CODE} (?=must|should|shall)", f"{CODE} "),
        (rf"\A(.* (?:must|should|shall) not be used); use {CODE}(?: instead)?\Z", r"\1"),
        (rf"\A({CODE} (?:must|should|shall) not be used) in {CODE}\Z", r"\1"),
        (rf"\A({CODE} (?:must|should|shall) not be set) by {CODE}\Z", r"\1"),
        (rf"\A(?:the )?variable {CODE} ", f"{CODE} "),
        (rf",\s+(?!{_LIMITS})(?:the|it|they|this|these|we|you|[a-z]+s)\s+(?!or\b)(?:(?!{_LIMITS})[^,{CODE}])*\Z", ""),
        (r", as (?!root|non)[^\u00a7]*\Z", ""),
        (
            rf"\A({CODE} (?:must|should|shall) (?:not )?be (?:used|present|set|installed|in exec form))\b[^{CODE}]*,\Z",
            r"\1",
        ),
    )
)
_MODAL = (
    r"\b(?:must|should|shall|may|can|has to|have to|needs? to|muss|soll|sollte|darf|not|never|forbidden|prohibited"
    r"|required|necessary|mandatory|allowed|permitted)\b"
)
_NO = r"\b(?:not?|never|don't|avoid|forbidden|prohibited|nicht|keine?)\b"
_FORBIDS = re.compile(r" (?:must|should|shall) not ", re.IGNORECASE)
_THING = r"(?:image|dockerfile|container|stage)s?"
_VERB = r"(use|set|expose|run|start|install|define|declare|copy)"
_PRESENT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"\b(?:is|are) not\b", "must not be"),
        (rf"\A([\w {CODE}]+?) (?:is|are)\b", r"\1 must be"),
        (rf"\A((?:[\w-]+ )*{_THING}) (?:has|have) no\b", r"\1 must not have"),
        (rf"\A((?:[\w-]+ )*{_THING}) (?:has|contains|includes)\b", r"\1 must have"),
        (rf"\A((?:the )?(?:{CODE} )?(?:[\w-]+ )*{_THING}) {_VERB}s?\b", r"\1 must \2"),
        (rf"\A((?:the )?{CODE}(?: file)?) (?:lists|excludes|ignores)\b", r"\1 must list"),
    )
)
"""Replacements that turn statements of fact into demands."""
_STAGE = rf"(?:(?:the\s+)?{CODE}\s+stage|(?:the\s+)?stage\s+{CODE}|(?:the\s+)?(?P<name>[a-z][\w-]*?)[\s_]+stage)"
_SUBJECT = re.compile(
    rf"\A(?:in\s+)?{_STAGE}(?:'s)?,?\s+(?:must|should|shall|has to|needs to|must not)\b", re.IGNORECASE
)
_TAIL = re.compile(rf"\s+(?:in|of|for|as|within)\s+{_STAGE}\Z", re.IGNORECASE)
_AHEAD = re.compile(rf"\Ain\s+{_STAGE},\s+", re.IGNORECASE)
_IN_THE_LAST = re.compile(r"\s+in\s+the\s+(?:final|last|runtime|production)\s+(?:stage|image)\Z", re.IGNORECASE)
_BUILT = ("final", "last", "runtime", "runner", "production", "each", "every", "any", "a", "the", "this", "one", "base",
          "same", "separate", "multi", "single")  # fmt: skip
"""Words before `stage` that name the built stage, or no stage."""


def canonical(statement: Statement) -> Statement:
    """Return a statement with the same meaning in the wording of the forms."""
    plain = statement.plain
    dropped: list[int] = []
    if not re.search(_MODAL, re.sub(r"\b(?:is|are|has) (?:not|no)\b", "", plain), re.IGNORECASE):
        for pattern, instead in _PRESENT:
            plain = pattern.sub(instead, plain, count=1)
    if statement.negative and not re.search(_NO, plain, re.IGNORECASE):
        plain = re.sub(r"\b(must|should|shall)\b", r"\1 not", plain, count=1)
    for pattern, instead in _SAME:
        shorter = pattern.sub(instead, plain)
        if shorter != plain and shorter.count(CODE) < plain.count(CODE):
            dropped.append(shorter.count(CODE))
        plain = shorter
    codes = statement.codes[: min(dropped)] if dropped else statement.codes
    codes = tuple(code.removeprefix("RUN ") if re.match(r"RUN [a-z]", code) else code for code in codes)
    turned = _FORBIDS.search(plain) is not None and _FORBIDS.search(statement.plain) is None
    negative = statement.negative or turned
    return structs.replace(statement, plain=plain, codes=codes, negative=negative)


def scoped(statement: Statement) -> tuple[Statement, str | None, bool]:
    """Return the statement without its stage, that stage or None, and whether its name is a code span."""
    plain = _IN_THE_LAST.sub("", statement.plain)
    statement = structs.replace(statement, plain=plain)
    said = next((m for pattern in (_SUBJECT, _AHEAD, _TAIL) if (m := pattern.search(plain)) is not None), None)
    if said is None or (said["name"] or "").lower() in _BUILT:
        return statement, None, True
    index = plain.count(CODE, 0, said.start())
    quoted = said["name"] is None
    stage = statement.codes[index] if quoted and index < len(statement.codes) else (said["name"] or "")
    if not re.fullmatch(r"[A-Za-z][\w-]*", stage):
        return statement, None, True
    codes = (*statement.codes[:index], *statement.codes[index + 1 :]) if quoted else statement.codes
    if said.re is _AHEAD:
        plain = plain[said.end() :]
    elif said.start() == 0:
        start = re.search(r"(?:must|should|shall|has to|needs to)\b", said[0], re.IGNORECASE)
        plain = "the image " + plain[start.start() if start is not None else 0 :]
    else:
        plain = plain[: said.start()]
    return structs.replace(statement, plain=plain, codes=codes), stage.lower(), quoted


_NOT = re.compile(r"\b(must|shall|should|have to|has to) (?:not|never)\b", re.IGNORECASE)
_DO_NOT = re.compile(r"\A(?:do not|don't|never|avoid(?: using)?)\s+", re.IGNORECASE)


def affirmed(statement: Statement) -> Statement | None:
    """Return the demand that a sentence forbids; None if the sentence has no `must not`, `never` or `avoid`."""
    plain = canonical(statement).plain
    turned = _DO_NOT.sub("", _NOT.sub(r"\1", plain, count=1), count=1)
    return structs.replace(canonical(statement), plain=turned, negative=False) if turned != plain else None
