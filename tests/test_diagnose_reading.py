"""Logs of many lines: bulk reading gives the same result as line by line, in bounded memory and one search pass."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inprocess import call
from zr4lint.diagnose.anchor import TemplateError, compile_template
from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.diagnosis import diagnose
from zr4lint.diagnose.formats import FORMATS, detect
from zr4lint.diagnose.log_reading import read_log
from zr4lint.diagnose.search import Search

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.diagnose.log_reading import Log

HEADS = {
    "buildkit-plain": "#9 [4/6] RUN make\n",
    "classic": "Step 4/6 : RUN make\n ---> Running in 0a1b2c3d4e5f\n",
    "buildah": "STEP 4/6: RUN make\n",
    "kaniko": "INFO[0003] RUN make\n",
    "text": "2026-01-01T10:00:00Z start\n",
}
ENDS = {
    "buildkit-plain": '#9 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2\n',
    "classic": "The command '/bin/sh -c make' returned a non-zero code: 2\n",
    "buildah": 'Error: building at STEP "RUN make": while running runtime: exit status 2\n',
    "kaniko": "error building image: error building stage: failed to execute command: exit status 2\n",
    "text": "",
}
LINES = st.lists(
    st.sampled_from(
        ["cc -c a.c", "", "  indented", "Successfully built 0a1b", "--> 0a1b2c3d4e5f", "#9 is a number", "error: x"]
    ),
    max_size=30,
)


def read(text: str, *, bulk: bool, monkeypatch: pytest.MonkeyPatch) -> Log:
    with monkeypatch.context() as patch:
        if not bulk:
            for form in FORMATS:
                patch.setattr(type(form.reader()), "run", lambda *_: None)
        return read_log(io.BytesIO(text.encode()), shipped().telling)


@pytest.mark.parametrize("name", HEADS)
def test_many_lines_are_read_as_one_by_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(LINES)
    def check(lines: list[str]) -> None:
        stamp = "#9 1.25 " if name == "buildkit-plain" else ""
        text = HEADS[name] + "".join(f"{stamp}{line}\n" for line in lines) + ENDS[name]
        one, many = (read(text, bulk=bulk, monkeypatch=monkeypatch) for bulk in (False, True))
        assert many.lines == one.lines
        assert [*many.record.loose] == [*one.record.loose]
        assert {key: ([*s.lines], s.state, s.last) for key, s in many.record.steps.items()} == {
            key: ([*s.lines], s.state, s.last) for key, s in one.record.steps.items()
        }

    check()


def log(lines: int, at: int, words: str) -> io.BytesIO:
    text = "".join(f"#9 {n}.1 {words if n == at else f'cc -c {n}.c'}\n" for n in range(lines))
    return io.BytesIO(f"{HEADS['buildkit-plain']}{text}{ENDS['buildkit-plain']}".encode())


@pytest.mark.slow
@pytest.mark.parametrize("at", [100, 20_000, 59_990])
def test_a_cause_is_found_anywhere_in_a_large_step(at: int) -> None:
    found = diagnose(log(60_000, at, "fatal error: Python.h: No such file or directory"), "x", shipped())
    (cause,) = found.failures[0].causes
    assert (cause.signature.id, cause.evidence[0].number) == ("header-missing", at + 2)
    assert sum(len(step.lines) for step in found.log.record.steps.values()) < 12_000


def test_warnings_without_number_do_not_hide_the_error_at_the_end() -> None:
    warnings = "warning: fatal error: x.h: No such file or directory\n" * 5000
    text = f"{HEADS['classic']}{warnings}fatal error: y.h: No such file or directory\n"
    found = diagnose(io.BytesIO(f"{text}{ENDS['classic']}".encode()), "x", shipped())
    assert [cause.captures["header"] for cause in found.failures[0].causes] == ["y.h"]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text("abN ':", max_size=60))
def test_words_are_found_where_they_are(text: str) -> None:
    words = ["No a", "ab", "aNb: ", "'N'", "bbbbbbbb", " : "]
    search = Search(words)
    assert search.words(text) == {word for word in words if word in text}
    found = [*search.places(f"{text} No a 'N' {text}")]
    assert found == sorted(found)
    assert all(f"{text} No a 'N' {text}".startswith(word, at) for at, word in found)
    assert {(len(text) + 1, "No a"), (len(text) + 6, "'N'")} <= {*found}


@pytest.mark.slow
def test_every_signature_is_found_in_its_own_words() -> None:
    catalogue = shipped()
    for compiled in catalogue.signatures.values():
        for template in compiled.says:
            text = f"xx {template.literal} yy"
            assert template.literal in catalogue.words(text)
            assert compiled.signature.ends or template.literal in {word for _, word in catalogue.telling(text)}


def test_a_template_is_tried_at_both_ends_of_a_long_text() -> None:
    template = compile_template("lost <host> now")
    text = "lost now\n" * 5000 + "lost a.b now"
    assert [values for _, values in template.matches(text, text.replace("\n", " "))] == [{"host": "a.b"}]


def test_the_same_words_are_found_in_each_of_several_lines() -> None:
    template = compile_template("<library>: cannot open shared object file")
    text = "".join(f"lib{name}.so: cannot open shared object file\n" for name in "abc")
    found = [values["library"] for _, values in template.matches(text, text.replace("\n", " "))]
    assert found == ["liba.so", "libb.so", "libc.so"]


MANY = "9" * 5000
HOSTILE = [
    "#5 [1/2] RUN a\n#5 0.1 a\n#5 0.1² b\n",
    f"#5 [1/2] RUN a\n#5 {MANY}.1 a\n",
    f"#5 [stage-{MANY} {MANY}/{MANY}] RUN a\n#5 0.1 a\n",
    f"#5 [stage-{MANY} 1/2] RUN a\n#5 ERROR: b\n",
    f"#5 [1/2] RUN a\n#5 DONE {MANY}s\n",
    f"Dockerfile:{MANY}\n--------------------\n   1 | >>> RUN a\nERROR: failed to solve: b\n",
    f"Dockerfile:1\n--------------------\n{MANY} | >>> RUN a\nERROR: failed to solve: b\n",
    f"[+] Building 1.0s ({MANY}/{MANY})\n => [1/2] RUN a  {MANY}s\n",
    f"STEP {MANY}/{MANY}: RUN a\nSTEP 2/3: RUN b\n",
    f"[{MANY}/{MANY}] STEP 2/3: RUN b\nerror: c\n",
    f"Step {MANY}/{MANY} : RUN a\nStep 2/3 : RUN b\n",
    f"ERROR: failed to solve: dockerfile parse error on line {MANY}: unknown instruction: X\n",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_numbers_that_no_builder_prints_are_read_without_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nRUN b\n")
    (tmp_path / "a.log").write_text(f"Step 1/2 : RUN a\n{text}" if text.startswith("Step") else text)
    for options in ((), ("--format", "json"), ("--file", "Dockerfile")):
        done = call("diagnose", "a.log", *options, cwd=tmp_path)
        assert done.code in (0, 1, 2)
        assert "internal error" not in done.err.lower()


STEP = 'STEP 1/2: RUN a\n/bin/sh: a: command not found\nError: building at STEP "RUN a": exit status 127\n'


@pytest.mark.parametrize(
    ("words", "phases"),
    [
        ("Error: Error: buildah exited with code 127", ["build"]),
        ("podman exited with code 127", ["build"]),
        ("web-1 exited with code 127", ["build", "start"]),
        ("Error: Error: worker exited with code 1", ["build", "start"]),
    ],
)
def test_the_caller_of_a_builder_repeats_its_failure(words: str, phases: list[str]) -> None:
    found = diagnose(io.BytesIO(f"{STEP}{words}\n".encode()), "x", shipped())
    assert [one.failure.phase for one in found.failures] == phases


@pytest.mark.parametrize(
    "begin", ["error: build error: ", "error: build error: error ", "Error: ", "Error: error ", "error "]
)
def test_the_words_on_a_failed_step_of_buildah_name_it(begin: str) -> None:
    found = diagnose(io.BytesIO(f'{begin}building at STEP "RUN a b": exit status 3\n'.encode()), "x", shipped())
    assert [(one.failure.text, one.failure.exit_code) for one in found.failures] == [("RUN a b", 3)]


def test_a_step_whose_container_is_removed_first_keeps_its_output() -> None:
    head = "Step 1/2 : RUN a\n ---> Running in 0123456789ab\n/bin/sh: 1: a: not found\n"
    end = "Removing intermediate container 0123456789ab\n"
    failed = diagnose(
        io.BytesIO(f"{head}{end}The command '/bin/sh -c a' returned a non-zero code: 127\n".encode()), "x", shipped()
    )
    assert [one.causes[0].signature.id for one in failed.failures] == ["command-not-found"]
    done = f"{head}{end} ---> 0123456789ab\nStep 2/2 : RUN b\n ---> Using cache\nSuccessfully built 0123456789ab\n"
    assert not diagnose(io.BytesIO(done.encode()), "x", shipped()).failures


def test_the_version_of_cuda_is_a_word_of_its_own() -> None:
    words = "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.4, please update your driver"
    found = diagnose(io.BytesIO(f"docker: Error response from daemon: {words}\n".encode()), "x", shipped())
    assert "for the CUDA 12.4 of the image" in found.failures[0].causes[0].summary


PREFIXES = {
    "bamboo": "build\t02-Mar-2026 09:14:10\t{}",
    "compose": "shop-1  | {}",
    "maven": "[INFO] {}",
    "maven-quoting": "[INFO] >> {}",
}


@pytest.mark.parametrize("name", PREFIXES)
def test_what_others_print_in_front_of_a_line_is_left_out(name: str) -> None:
    lines = ("Step 1/1 : RUN pay", " ---> Running in 0123456789ab", "pay: error: the till is empty")
    end = "The command '/bin/sh -c pay' returned a non-zero code: 1"
    log = "".join(f"{PREFIXES[name].format(line)}\n" for line in (*lines, end))
    (failure,) = diagnose(io.BytesIO(log.encode()), "x", shipped()).failures
    assert failure.failure.text == "RUN pay"
    assert failure.causes[0].summary == "the program that failed says: pay: error: the till is empty"


@pytest.mark.parametrize(
    ("log", "form", "cause"),
    [
        (
            "WARN[0000] compose.yaml: `version` is obsolete\nshop-1  | exec ./till.sh: no such file or directory\n",
            "docker-run",
            "script-crlf",
        ),
        ('nginx: [emerg] host not found in upstream "till"\n', "text", "server-configuration-invalid"),
        (
            'Step 1/2 : FROM a.b/c\nGet "https://a.b/v2/": http: server gave HTTP response to HTTPS client\n',
            "classic",
            "registry-without-tls",
        ),
        ("Step 1/2 : copy till.ini /\nCOPY failed: no source files were specified\n", "classic", "copy-source-missing"),
    ],
)
def test_a_log_of_few_lines_is_read(log: str, form: str, cause: str) -> None:
    diagnosis = diagnose(io.BytesIO(log.encode()), "x", shipped())
    (failure,) = diagnosis.failures
    assert (diagnosis.log.format, failure.causes[0].signature.id) == (form, cause)


def test_a_name_of_a_capture_has_no_hyphen() -> None:
    with pytest.raises(TemplateError, match="hyphen"):
        compile_template("the till of <shop-name> is empty")


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("buildkit-plain", " > [2/3] RUN pay:"),
        ("buildkit-plain", "ERROR: failed to solve: process did not complete"),
        ("buildkit-plain", "executor failed running [/bin/sh -c pay]: exit code: 1"),
        ("buildkit-plain", "shop.Dockerfile:12"),
        ("buildkit-plain", "  12 | >>> RUN pay"),
        ("buildkit-plain", " 1 warning found (use docker --debug to expand):"),
        ("classic", "Step 1/2 : FROM till"),
        ("classic", "  ---> Running in 0123abcd"),
        ("classic", "The command 'pay' returned a non-zero code: 1"),
    ],
)
def test_one_line_shows_the_format(form: str, line: str) -> None:
    assert detect(f"a till\n{line}\n").name == form
