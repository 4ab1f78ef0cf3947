"""The parameters of general kinds, in each form that a pack can use."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from zr4lint.checks import KINDS
from zr4lint.checks.core.exposed_secrets import PUBLIC_NAMES, SECRET_NAMES
from zr4lint.linting.pipeline import lint
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

CORE = Path(__file__).resolve().parents[1] / "rules" / "core.toml"
PACK = """
name = "words"
title = "Words"
files = ["*"]

[[rule]]
code = "WO101"
name = "word"
level = "error"
summary = "A word."
why = "A word."
"""
RULES = {
    'check = "stage-names"\npattern = "[^A-Z]*"': ("FROM a:1 AS build-2", "FROM a:1 AS buildX"),
    'check = "stage-names"\npattern = "[a-z][a-z0-9]+"': ("FROM a:1 AS b1", "FROM a:1 AS b-1"),
    'check = "stage-names"\npattern = "build-*"': ("FROM a:1 AS build-x", "FROM a:1 AS build"),
    'check = "stage-names"\npattern = "[!x]?"': ("FROM a:1 AS ax", "FROM a:1 AS xa"),
    'check = "stage-names"\npattern = "[z-a]"': ("FROM a:1", "FROM a:1 AS b"),
    'check = "command-forbidden"\ncommands = "apt"\ninstead = "apt-get"': ("RUN apt-get update", "RUN apt update"),
    'check = "command-option"\ncommands = "useradd"\noptions = "-l"\nwhen = "-u|--uid > 99999"': (
        "RUN useradd -u 5 a",
        "RUN useradd -u 100000 a",
    ),
    'check = "command-option"\ncommands = "apt-get install"\noptions = ["-y", "-q -q", "-q=2"]': (
        "RUN apt-get -o APT::Get::Assume-Yes=1 install a && apt-get -q=2 install b",
        "RUN apt-get -q install a",
    ),
    'check = "command-option"\ncommands = "dnf install"\noptions = "-y"': (
        "RUN dnf --setopt=assumeyes=1 install a",
        "RUN dnf --setopt=assumeyes=0 install a",
    ),
    'check = "command-forbidden"\ncommands = "pg_ctl start"': ("RUN pg_ctl -D /d stop", "RUN pg_ctl -D /d -w start"),
    'check = "command-forbidden"\ncommands = "pip install"': ("RUN python -m pip list", "RUN python3 -m pip install a"),
    'check = "command-forbidden"\ncommands = "pip --trusted-host=*.org"': (
        "RUN pip --trusted-host a.net list",
        "RUN pip list --trusted-host a.org",
    ),
    'check = "copy-forbidden"\nsources = "/"\ntargets = "/"\nfrom = "*"': ("COPY . /", "COPY --from=x:1 / /"),
    'check = "copy-forbidden"\ntargets = "/bin/*"': ("COPY --from=x:1 a /opt/bin/a", "COPY --from=x:1 a /bin/a"),
    'check = "command-forbidden"\ncommands = "cargo install"': ("RUN cargo +nightly test", "RUN cargo +1.80 install a"),
    'check = "copy-forbidden"\nadd = true': ("ADD a.tar /", "ADD a.txt /"),
    'check = "copy-forbidden"\nfolder = true': ("COPY a b /c/", "COPY a b /c"),
    'check = "copy-forbidden"\nadd = true\nsources = ["*.pem"]': ("COPY a.crt /", "COPY a.pem /"),
    'check = "package-pinned"\nmanager = "pip"\nexcept = ["wheel"]': ("RUN pip install wheel", "RUN pip install six"),
    'check = "suppression"\nforeign = true': ("# check=skip=all\nRUN a", "# hadolint ignore=DL3018\nRUN a"),
    'check = "secret-name"': ("ENV TOKENIZER_PATH=/t", "ENV DB_PASSWORD=hunter2"),
    'check = "labels"\nrequired = ["team"]': ("LABEL team=x", "LABEL teams=x"),
    'check = "labels"\nrequired = ["team"]\nclosed = true': ("LABEL team=x", "LABEL team=x teams=x"),
    'check = "forbidden-packages"\npackages = "*-devel"': ("RUN dnf -y install jq", "RUN dnf -y install jq-devel"),
    'check = "exposed-ports"\nports = ["8080-8081", "9000"]': ("EXPOSE 8080 8081\nEXPOSE 9000", "EXPOSE 8080-8081"),
    'check = "exposed-ports"\nports = ["8080", "8081"]': ("EXPOSE 8080-8081", "EXPOSE 8081-8082 8080"),
    'check = "file-text"\npath = "/x"\ntext = "java $A \\\\ b"': (
        "COPY <<E /x\njava \\$A \\\\ b\nE",
        "COPY <<'E' /x\njava \\$A \\\\ b\nE",
    ),
    'check = "runs"\nrun = "make"\nuser = "root"': ("USER 0:0\nRUN make", "USER 1\nRUN make"),
    'check = "runs"\nrun = "apt-get install -y jq"': (
        "RUN apt-get --assume-yes install jq",
        "RUN apt-get --simulate install jq",
    ),
    'check = "runs"\nrun = "useradd -mu 5 -g 6 app"': (
        "RUN useradd --gid=6 --create-home --uid 5 app",
        "RUN useradd --gid=5 --create-home --uid 6 app",
    ),
    'check = "runs"\nrun = "npm install -g pm2"\nfurther = true': (
        "RUN npm install --global --loglevel warn pm2",
        "RUN npm install pm2",
    ),
    'check = "runs"\nrun = "groupadd -r app"': ("RUN groupadd --system app", "RUN groupadd --users app"),
    'check = "step-order"\nsteps = ["COPY a", "npm ci --omit=dev"]': (
        "COPY a /\nRUN npm ci --no-audit",
        "RUN npm ci --no-audit\nCOPY a /",
    ),
    'check = "step-order"\nsteps = ["COPY a", "pip install -r a"]': (
        "RUN pip install -r b\nCOPY a /",
        "RUN pip install --no-cache-dir -r a\nCOPY a /",
    ),
    'check = "runs"\nrun = "git clone --depth 1 https://a.b/c"': (
        "RUN git clone --depth=1 https://a.b/c",
        "RUN git clone --depth=2 https://a.b/c",
    ),
    'check = "step-order"\nsteps = ["COPY a", "npm ci"]': (
        "RUN npm ci --no-audit\nCOPY a /\nRUN npm ci",
        "RUN npm ci\nCOPY a /\nRUN npm ci --no-audit",
    ),
    'check = "pipe-status"': (
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl a | sort > b',
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN set +o pipefail; curl a | sort > b',
    ),
    'check = "image-reference"\npinned = "tag"': (
        "RUN --mount=type=bind,from=x.io/b:1,target=/b true",
        "RUN --mount=type=bind,from=x.io/b,target=/b true",
    ),
    'check = "image-reference"\nallowed = "ghcr.io/acme"': ("FROM ghcr.io/acme/a/b:1", "FROM ghcr.io/acme-x/a:1"),
    'check = "image-reference"\nallowed = "debian:*-slim"': ("FROM debian:12-slim", "FROM x.io/debian:12-slim"),
    'check = "runs-as"\nuser = "root"': ("USER 0", "USER 1"),
    'check = "installed-packages"\nmanager = "apt"\npackages = "curl"': (
        "RUN apt-get install -y curl:amd64",
        "RUN apt-get install -y curlftpfs:amd64",
    ),
    'check = "path-folders"\nbefore = "/o"\nvariable = "LD_LIBRARY_PATH"': (
        "ENV LD_LIBRARY_PATH=/o${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}",
        "ENV LD_LIBRARY_PATH=/o",
    ),
    'check = "build-arguments"\ndefaults = { A = "1" }': ('ARG B="2" A="1"', 'ARG A="2"'),
    'check = "build-arguments"\nwithout-default = "A"': ("ARG A", "ARG A=1"),
    'check = "triggers"\ninstructions = ["COPY a /b"]': ("onbuild copy  a /b", "ONBUILD COPY a /c"),
    'check = "labels"\nclosed = ["team"]': ("LABEL team=x", "LABEL teams=x"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_tells_a_bad_line_from_a_good_one(rule: str) -> None:
    pack = read_pack(tomllib.loads(PACK + rule), KINDS, "words.toml")
    for line, count in zip(RULES[rule], (0, 1), strict=True):
        text = line if line.startswith("FROM") else f"FROM debian:12\n{line}"
        found = lint(SourceFile(f"{text}\n", "Dockerfile"), [pack]).findings
        assert [finding.code for finding in found if finding.code == "WO101"] == ["WO101"] * count, line


def test_the_names_of_secrets_are_those_of_the_settings_of_core() -> None:
    settings = {setting["name"]: setting.get("default") for setting in tomllib.loads(CORE.read_text())["setting"]}
    assert settings["secret-names"] == [*SECRET_NAMES]
    assert settings["public-names"] == [*PUBLIC_NAMES]


def test_a_mount_of_a_forbidden_image_is_reported_at_the_image() -> None:
    rule = 'check = "image-reference"\npinned = "digest"'
    text = f"FROM a@sha256:{64 * 'a'}\nRUN --mount=type=bind,from=x.io/b:1,target=/b true\n"
    (found,) = lint(
        SourceFile(text, "Dockerfile"), [read_pack(tomllib.loads(PACK + rule), KINDS, "words.toml")]
    ).findings
    assert (text[found.span.start : found.span.end], "digest" in found.message) == ("x.io/b:1", True)
