"""No output of `zr4lint diagnose` contains secrets of the log or of the Dockerfile, in any form."""

from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inprocess import call
from zr4lint.diagnose.redaction import HIDDEN, masked, redacted, without_secrets
from zr4lint.diagnose.window import Line

if TYPE_CHECKING:
    from pathlib import Path

ALNUM = string.ascii_letters + string.digits


def some(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PASSWORD = some(ALNUM + "!#~*+.:@", 8, 20).filter(lambda text: text[0].isalnum() and not text.isdigit())
LONG = some(ALNUM, 36)
TOKENS = {
    "GitHub": st.builds("{}_{}".format, st.sampled_from(["ghp", "gho", "ghu", "ghs", "ghr"]), LONG),
    "GitHub, fine-grained": LONG.map("github_pat_11{0}_{0}".format),
    "GitLab": st.builds("{}-{}".format, st.sampled_from(["glpat", "gldt", "glrt", "glptt"]), some(ALNUM + "_-", 20)),
    "Hugging Face": some(string.ascii_letters, 34).map("hf_{}".format),
    "AWS key id": some(string.ascii_uppercase + string.digits, 16).map("AKIA{}".format),
    "npm": LONG.map("npm_{}".format),
    "PyPI": some(ALNUM + "_-", 60).map("pypi-{}".format),
    "Docker Hub": some(ALNUM + "_-", 27).map("dckr_pat_{}".format),
    "JWT": st.builds("eyJ{}.eyJ{}.{}".format, LONG, LONG, LONG),
    "Slack": some(string.digits, 24).map("xoxb-{}".format),
}
"""Tokens that zr4lint recognises by their format."""

MAILS = st.builds(
    "{}{}@{}.{}".format,
    some(string.ascii_lowercase, 6, 12),
    st.sampled_from(["", ".b", "+ci", "_x-1"]),
    st.sampled_from(["corp", "mail.corp", "a-b.corp"]),
    st.sampled_from(["example", "org", "co.uk"]),
)
PLACES = {
    "URL": "https://ci:{}@git.example/a.git",
    "URL, name only": "https://{}@git.example/a.git",
    "ssh URL": "ssh://ci:{}@git.example:22/a.git",
    "URL of an index": "pip install --extra-index-url https://ci:{}@pypi.example/simple lib",
    "variable": "export API_TOKEN={}",
    "quoted variable": 'DB_PASSWORD="{}"',
    "npmrc": "//registry.npmjs.org/:_authToken={}",
    "option": "tool --password {}",
    "option with =": "tool --token={}",
    "login": "docker login -u ci -p {} registry.example",
    "curl": "curl -u ci:{} https://files.example/x",
    "bearer": "Authorization: Bearer {}",
    "JSON": '{{"password": "{}"}}',
    "YAML": "password: {}",
    "blanks": "password = {}",
    "quoted blanks": "db_token = '{}'",
    "short name": "MYSQL_PASS={}",
    "header of a job": "JOB-TOKEN: {}",
    "header of a token": "X-Auth-Token: {}",
    "token in YAML": "token: {}",
    "cookie": "Cookie: theme=dark; session={}",
    "curl without a blank": "curl -uci:{} https://files.example/x",
    "mysql": "mysql -uroot -p{} shop",
    "netrc": "machine files.example login ci password {}",
    "netrc of several lines": "password {}",
    "instruction": "ENV DB_PASSWORD {}",
}
"""Places of passwords, which have no recognisable format."""

HEADERS = {"basic": "Authorization: Basic {}", "docker config": '{{"auths": {{"x": {{"auth": "{}"}}}}}}'}
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.mark.parametrize("name", TOKENS)
@PROPERTY
@given(st.data())
def test_a_token_is_hidden_wherever_it_stands(name: str, data: st.DataObject) -> None:
    token = data.draw(TOKENS[name])
    before = data.draw(st.sampled_from(["", "x ", "token=", '"', "(", "https://", "a='"]))
    behind = data.draw(st.sampled_from(["", " x", '"', ")", ",", "@git.example/x"]))
    assert token not in redacted(f"{before}{token}{behind}")
    assert token not in masked(f"{before}{token}{behind}")


@pytest.mark.parametrize("name", PLACES)
@PROPERTY
@given(PASSWORD)
def test_a_password_is_hidden_where_it_is_named(name: str, password: str) -> None:
    assert password not in redacted(PLACES[name].format(password))


@pytest.mark.parametrize("name", HEADERS)
@PROPERTY
@given(PASSWORD)
def test_an_encoded_password_is_hidden(name: str, password: str) -> None:
    assert encoded(f"ci:{password}") not in redacted(HEADERS[name].format(encoded(f"ci:{password}")))


@PROPERTY
@given(MAILS, st.sampled_from(["{}", "<{}>", "mailto:{}", "for {}.", "user.email={}", "{}: denied", "'{}'"]))
def test_an_address_is_hidden(mail: str, place: str) -> None:
    assert mail not in redacted(place.format(mail))
    assert mail.replace("@", "%40") not in redacted(place.format(mail.replace("@", "%40")))


@PROPERTY
@given(st.binary(min_size=200, max_size=400), st.sampled_from(["RSA ", "OPENSSH ", "EC ", ""]))
def test_a_private_key_is_hidden(data: bytes, kind: str) -> None:
    body = base64.b64encode(data).decode()
    rows = [body[at : at + 64] for at in range(0, len(body), 64)]
    texts = ["before", f"-----BEGIN {kind}PRIVATE KEY-----", *rows, f"-----END {kind}PRIVATE KEY-----", "behind"]
    lines = without_secrets([Line(number, text) for number, text in enumerate(texts, 1)])
    assert [line.text for line in lines] == ["before", *[HIDDEN] * (len(rows) + 2), "behind"]
    shown = masked("\n".join(texts))
    assert len(shown) == len("\n".join(texts))
    assert not any(row in shown for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:a/b.git",
        "http://registry:5000/image@sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1",
        "npm error peer react@17.0.2 from next@14.0.0-canary.ab",
        "ENV HF_TOKEN=${HF_TOKEN}",
        "RUN --mount=type=secret,id=hf_token HF_TOKEN=$(cat /run/secrets/hf_token) python get.py",
        "undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationESs",
        "syntax error near unexpected token `then'",
        'File "/usr/local/lib/python3/dist/Abc/Def/Ghi/Jkl/Mno/Pqr/Stu"',
        "cannot find -lcuda",
        "#5 sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "docker run --user 1000:1000 x",
        "Unexpected token = in JSON at position 3",
        "syntax error, unexpected token: identifier",
        "mkdir -p /srv && mysql -p shop",
        "COMPASS=north PASS=12 FAIL=3",
        "ENV TOKENIZERS_PARALLELISM false",
        "password authentication failed for user shop",
        "token = None",
        'Post "https://auth.docker.io/token": EOF',
        "failed to fetch anonymous token: unexpected status from GET request",
        "or may require authorization: server message: insufficient_scope: authorization failed",
        'Cannot find matching keyid: {"signatures":[{"sig":"MEU"}]}',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == masked(text) == text


SECRET, TOKEN, MAIL = "hunter2hunter2", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "dev.one@corp.example"
URL = f"https://ci:{SECRET}@pypi.example/simple"
DOCKERFILE = f"""FROM python:3.11
ENV PIP_TOKEN={TOKEN}
RUN git config --global user.email {MAIL} && pip install --extra-index-url {URL} flash-attn==2.7.4.post1
"""


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("fix", [False, True])
@pytest.mark.parametrize("given_file", [False, True])
def test_no_output_repeats_a_secret(form: str, fix: bool, given_file: bool, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    run = DOCKERFILE.splitlines()[2]
    words = f'process "/bin/sh -c {run[4:]}" did not complete successfully: exit code: 1'
    (tmp_path / "build.log").write_text(
        f"#6 [2/2] {run}\n#6 0.6 Looking in indexes: https://pypi.org/simple, {URL}\n"
        f"#6 0.7 -----BEGIN OPENSSH PRIVATE KEY-----\n#6 0.7 b3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n"
        f"#6 0.7 -----END OPENSSH PRIVATE KEY-----\n#6 0.8 remote: {TOKEN} of {MAIL}\n"
        f"#6 0.9 × Getting requirements to build wheel did not run successfully.\n"
        f"#6 1.0 ModuleNotFoundError: No module named 'torch' ({URL} {TOKEN} {MAIL})\n"
        f"#6 ERROR: {words}\nDockerfile:3\n--------------------\n   3 | >>> {run}\n--------------------\n"
        f"ERROR: failed to build: failed to solve: {words}\n"
    )
    options = ["--format", form, *(["--file", "Dockerfile"] if given_file else [])]
    options += ["--fix", "--unsafe-fixes"] if fix and given_file else []
    done = call("diagnose", "build.log", *options, cwd=tmp_path)
    assert "torch-missing-at-build" in done.out
    for secret in (SECRET, TOKEN, MAIL, "b3BlbnNzaC1rZXk"):
        assert secret not in done.out + done.err


@pytest.mark.parametrize("words", ["tokenizers==0.99.0", "secretstorage==3.3.1", "pip install tokenizers===1.0 a"])
def test_a_pinned_version_is_no_secret(words: str) -> None:
    assert redacted(words) == words


def test_a_value_that_is_compared_or_assigned_stays_secret() -> None:
    assert redacted('[[ $TOKEN=="hunter2" ]]') == '[[ $TOKEN=="***" ]]'
    assert redacted("TOKENIZERS=hunter2") == "TOKENIZERS=***"


@pytest.mark.parametrize("length", [90, 250, 900])
@pytest.mark.parametrize("url", ["https://ci:{}@git.example/a.git", "https://ci:a/{}@git.example/a.git"])
def test_a_long_password_of_a_url_is_hidden(url: str, length: int) -> None:
    assert redacted(url.format("aB3-" * (length // 4))) == "https://***@git.example/a.git"


@pytest.mark.slow
def test_an_address_behind_each_of_many_passwords_is_hidden() -> None:
    assert redacted("pwd=x, a@b.co " * 20_000) == "pwd=***, *** " * 20_000


def test_the_words_of_a_cure_are_no_secret(tmp_path: Path) -> None:
    run = "bundle exec rake assets:precompile"
    said = "ArgumentError: Missing `secret_key_base` for 'production' environment"
    end = f"The command '/bin/sh -c {run}' returned a non-zero code: 1"
    (tmp_path / "log").write_text(f"Step 1/1 : RUN {run}\n ---> Running in 0123456789ab\n{said}\n{end}\n")
    for form in ("text", "json"):
        done = call("diagnose", "--format", form, "log", cwd=tmp_path)
        assert "set SECRET_KEY_BASE_DUMMY=1 (or SECRET_KEY_BASE=dummy) for this RUN" in done.out
