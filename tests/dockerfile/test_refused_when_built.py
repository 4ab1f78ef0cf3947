"""Errors that BuildKit reports only when it builds a stage, and that its parser accepts."""

from __future__ import annotations

import pytest

import zr4lint


def refused(line: str) -> list[tuple[str, str]]:
    text = f"FROM scratch\n{line}\n"
    findings = zr4lint.lint_text(text).findings
    return [(text[f.span.start : f.span.end], f.message) for f in findings if f.code == "ZL000"]


@pytest.mark.parametrize(
    ("line", "words", "message"),
    [
        ('ENV LANG="C.UTF-8', '"C.UTF-8', "a double quote is not closed"),
        ("ENV A=b LANG='C.UTF-8", "'C.UTF-8", "a single quote is not closed"),
        ('ENV A "b', '"b', "a double quote is not closed"),
        ('LABEL a="b', '"b', "a double quote is not closed"),
        ("ARG A=${B", "${B", "a substitution is not closed"),
        ("USER ${pkg.user}", "${pkg.user}", "`${pkg.user}` is not a substitution"),
        ('WORKDIR "/a', '"/a', "a double quote is not closed"),
        ("USER it's", "it's", "a single quote is not closed"),
        ('ENV "LANG=C.UTF-8"', '"LANG=C.UTF-8"', "a double quote is not closed"),
        ("ARG 'A=b'", "'A=b'", "a single quote is not closed"),
        ("ENV A=${B:=c}", "${B:=c}", "BuildKit has no `:=` in a substitution"),
        ("ENV A=${B:1:2}", "${B:1:2}", "BuildKit has no `:` in a substitution"),
        ("ENV A=${B:@x}", "${B:@x}", "BuildKit has no `:@` in a substitution"),
        ("ENV A=${B:%x}", "${B:%x}", "BuildKit has no `:%` in a substitution"),
        ("ENV A=${B:x}", "${B:x}", "BuildKit has no `:` in a substitution"),
        ('ENV A="${B:#x}"', '"${B:#x}"', "BuildKit has no `:#` in a substitution"),
        ("ENV A=\"'${B:=c}'\"", "\"'${B:=c}'\"", "BuildKit has no `:=` in a substitution"),
        ("ENV A='${B^^}'\"x", "'${B^^}'\"x", "a double quote is not closed"),
        ('ENV A="a${B^^}', '"a${B^^}', "`${B^^}` is not a substitution"),
        ('ENV A="${B:-x"', '"${B:-x"', "a substitution is not closed"),
        ('ENV A=${B:-"x}', '${B:-"x}', "a double quote is not closed"),
        ("ENV A=${B/x", "${B/x", "a substitution is not closed"),
        ("ENV A=${}", "${}", "`${}` is not a substitution"),
        ("STOPSIGNAL SIGFOO", "SIGFOO", "`SIGFOO` is not a signal"),
        ("RUN --mount=type=bind,target=/x,ro=maybe a", None, "`maybe` is neither true nor false"),
        ("RUN --mount=type=cash,target=/x a", "--mount=type=cash,target=/x", "a mount has no type `cash`"),
        ("RUN --mount=type=cache,tarGet=/x,sharing=lock a", None, "a mount has no sharing `lock`"),
        ("RUN --mount=taget=/x a", "--mount=taget=/x", "a mount has no key `taget`"),
        ("RUN --mount=type=cache,target a", None, "the key `target` of a mount has no value"),
    ],
)
def test_it_is_an_error_at_the_words(line: str, words: str | None, message: str) -> None:
    assert refused(line) == [(words or line.split()[1], message)]


@pytest.mark.parametrize(
    "line",
    [
        *('ENV LANG="C.UTF-8"', "ENV A=it\\'s", 'ENV A="it\'s"', "ENV A=${B:-c} D=$E", "ENV A=${B#*/} C=${D%.*}"),
        *("RUN echo 'a'", "WORKDIR /a", "LABEL a='b c'", "RUN --mount=type=CACHE,dst=/x,ro,uid=0,mode=0755 a"),
        *("STOPSIGNAL SIGTERM", "STOPSIGNAL quit", "STOPSIGNAL SIGRTMIN+3", "STOPSIGNAL 9", "STOPSIGNAL $SIGNAL"),
        *(
            "ENV A=${B%%x*} C=${D//a/b}",
            "ENV A='${B:=c}'",
            "ENV A='${B^^}'",
            'ENV A="\\${B:@x}"',
            "ENV A=${B:?x}",
            "ENV A=\\${B:=c}",
        ),
        *('ENV NEEDS "cuda>=9.0"', 'ENV "A"=b', "RUN --mount=type=bind,target=/x,ro=T,rw=0 a"),
        *("RUN --mount=type=$T,target=/x a", "RUN --mount=type=secret,id=a,required,env=B a", 'CMD ["it\'s"]'),
    ],
)
def test_what_is_built_is_no_error(line: str) -> None:
    assert refused(line) == []


def test_a_blank_before_the_name_makes_no_heredoc() -> None:
    assert refused("RUN << EOF\necho hi\nEOF")[0][0] == "<< EOF"


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ('"b', "Close the quote"),
        ("'${B^^}'\"x", "Close the quote"),
        ("${B^^}", None),
        ('${B:-"x}', None),
        ("${B:-'x}", None),
    ],
)
def test_only_a_quote_that_its_end_closes_has_a_fix(word: str, fix: str | None) -> None:
    findings = [f for f in zr4lint.lint_text(f"FROM scratch\nENV A={word}\n").findings if f.code == "ZL000"]
    assert [f.fix.title if f.fix is not None else None for f in findings] == [fix]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_body_of_a_heredoc_keeps_its_line_ends(end: str) -> None:
    text = end.join(["FROM ubuntu:22.04", "RUN <<EOF", "if true; then", "  apt-get update", "fi", "EOF", ""])
    codes = [finding.code for finding in zr4lint.lint_text(text).findings]
    assert ("ZL006" in codes) == (end == "\r\n")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("& C:/ProgramData/Jenkins/plugins.ps1 --plugins junit", False),
        ("$env:PATH = 'C:\\x'; if ($env:A) { Remove-Item x }; }", False),
        ("Invoke-WebRequest https://example.com -OutFile x.zip; )", False),
        ("& /usr/bin/plugins.sh", True),
        ("ls && && cat a.ps", True),
    ],
)
def test_powershell_in_an_image_of_another_name_is_no_broken_script(script: str, *, told: bool) -> None:
    findings = zr4lint.lint_text(f"FROM jenkins-tests:1\nRUN {script}\n").findings
    assert ("ZL006" in {finding.code for finding in findings}) is told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["FROM debian:12", "RUN rsync h:/data /srv && ( make"], True),
        (["FROM acme/base:1", "RUN rsync h:/data /srv && ( make"], True),
        (["FROM debian:12", "RUN Invoke-WebRequest x; )"], True),
        (["FROM registry.acme.io/alpine:3.20", "RUN cat $env:x )"], True),
        (["FROM debian:12 AS a", "FROM a", "RUN run.ps1; )"], True),
        (["FROM acme/base:1", "RUN apt-get update", "RUN run.ps1; )"], True),
        (["FROM acme/base:1", "RUN run.ps1; apk add x; )"], True),
        (["FROM acme/base:1", "RUN run.ps1; )"], False),
        (["FROM acme/base:1 AS a", "FROM a", "RUN run.ps1; )"], False),
        (["FROM registry.acme.io/nanoserver-proxy:1.2", "RUN ( make"], True),
        (["FROM registry.acme.io/windows/wine-debian:1.2", "RUN ( make"], True),
        (["FROM mcr.microsoft.com/windows:ltsc2019", "RUN run.ps1; )"], False),
        (["FROM mcr.microsoft.com/windows:ltsc2019", "RUN ( make"], False),
        (["FROM golang:1.22-nanoserver-ltsc2022", "RUN ( make"], False),
        (["FROM registry.acme.io/windows/servercore:ltsc2022", "RUN ( make"], False),
    ],
)
def test_a_script_is_left_to_powershell_only_where_the_image_may_be_of_windows(lines: list[str], *, told: bool) -> None:
    findings = zr4lint.lint_text("\n".join([*lines, ""])).findings
    assert ("ZL006" in {finding.code for finding in findings}) is told


def test_only_the_syntax_of_a_script_for_powershell_goes_untold() -> None:
    reading = zr4lint.lint_text("FROM acme/base:1\nRUN run.ps1; )\nRUN exit 1\n")
    assert "ZL007" in {finding.code for finding in reading.findings}
