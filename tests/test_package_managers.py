"""Arguments of package managers: which words are packages, and the syntax of their versions."""

from __future__ import annotations

import pytest

from zr4lint.dockerfile import parse
from zr4lint.facts import PackageRun, gather
from zr4lint.model.source import SourceFile


def runs(script: str) -> list[PackageRun]:
    found = gather(parse(SourceFile(f"FROM image\nRUN {script}\n")))
    return found.of(PackageRun, {0})


@pytest.mark.parametrize(
    ("script", "packages"),
    [
        ("apk add curl", ["curl"]),
        ("apk add --no-cache -t .build-deps gcc=1.2-r0 'musl~1.2' 'a>2'", ["gcc =1.2-r0", "musl ~1.2", "a >2"]),
        ("apk -X https://mirror add -U --virtual .x curl@edge", ["curl"]),
        ("apk --repository https://mirror --arch x86 add a.apk !b", ["a.apk file"]),
        ("dnf install -y httpd-2.4.37-1.el9 python3.11", ["httpd -2.4.37-1.el9", "python3.11"]),
        ("dnf --installroot /mnt --setopt a=b --releasever 9 install --repo x a-b-c", ["a-b-c"]),
        ("microdnf install shadow-utils-2:4.9", ["shadow-utils -2:4.9"]),
        ("yum -c conf localinstall -y ./a.rpm https://h/b.rpm", ["./a.rpm file", "https://h/b.rpm url"]),
        ("dnf5 in @core", ["@core group"]),
        ("yum install java-1.8.0-openjdk", ["java-1.8.0-openjdk"]),
        ("yum install java-1.8.0-openjdk-1.8.0.392-1.el8", ["java-1.8.0-openjdk -1.8.0.392-1.el8"]),
        ("zypper -n --root /mnt in -r repo -t package a=1.2 'b>=3' c", ["a =1.2", "b >=3", "c"]),
        ("zypper --non-interactive install --from repo a", ["a"]),
        ("npm i -g a@1.2 @s/b@^3 @s/c d@latest", ["a @1.2", "@s/b @^3", "@s/c", "d @latest"]),
        ("npm --registry https://h --prefix /x install --loglevel error a", ["a"]),
        (
            "npm install ./dir a.tgz git+https://h/a.git#v1 user/repo",
            ["./dir file", "a.tgz file", "git+https://h/a.git#v1 url", "user/repo url"],
        ),
        ("yarn global add a@2", ["a @2"]),
        ("yarn --cwd /x add a", ["a"]),
        ("pnpm -C /x add a@1", ["a @1"]),
        ("gem install a:1.2 b -v 3 -- --with-x=/y z", ["a :1.2", "b 3"]),
        ("gem i -i /dir --version=3 a", ["a 3"]),
        ("go install -ldflags '-s -w' h.org/a@v1.2", ["h.org/a @v1.2"]),
        ("GOPROXY=x go run -tags t h.org/a@latest arg other", ["h.org/a @latest"]),
        ("go get ./... std h.org/a", ["./... file", "std file", "h.org/a"]),
        ("conda install -n base -c conda-forge a=1.2 'b>=3' c::d", ["a =1.2", "b >=3", "d"]),
        ("pipx install --python 3.11 --pip-args '-q' a==1", ["a ==1"]),
        ("uv tool install --with b a", ["a"]),
        ("apt-get install -t stable -o A=b a=1 b/stable ./c.deb d- e", ["a =1", "b /stable", "./c.deb file", "e"]),
        ("aptitude -y install a", ["a"]),
        ("pip install -i https://h -r r.txt a==1 b", ["a ==1", "b"]),
    ],
)
def test_installs(script: str, packages: list[str]) -> None:
    (run,) = runs(script)
    shown = [
        " ".join(filter(None, (p.name, p.version, p.kind.value if p.kind.value != "name" else "")))
        for p in run.command.packages
    ]
    assert (run.command.action, shown) == ("install", packages)


@pytest.mark.parametrize(
    ("script", "manager", "action"),
    [
        ("apk update", "apk", "update"),
        ("apk del a", "apk", "remove"),
        ("dnf clean all", "dnf", "clean"),
        ("dnf groupinstall -y a", "dnf", "group"),
        ("yum group install a", "yum", "group"),
        ("yum update -y", "yum", "upgrade"),
        ("zypper dup", "zypper", "upgrade"),
        ("zypper cc -a", "zypper", "clean"),
        ("npm cache clean --force", "npm", "clean"),
        ("npm ci", "npm", "install"),
        ("yarn cache clean", "yarn", "clean"),
        ("apt-get dist-upgrade", "apt", "upgrade"),
        ("aptitude update", "apt", "update"),
        ("pip uninstall -y a", "pip", "remove"),
        ("mamba create -n x a", "conda", "install"),
    ],
)
def test_other_actions(script: str, manager: str, action: str) -> None:
    (run,) = runs(script)
    assert (run.command.manager, run.command.action) == (manager, action)


@pytest.mark.parametrize("script", ["npm run install", "apk info a", "dnf list", "go build ./...", "gem list", "apk"])
def test_what_installs_nothing_is_no_fact(script: str) -> None:
    assert runs(script) == []


def test_packages_and_versions_have_their_place() -> None:
    text = "FROM image\nARG V=2\nRUN sudo apk add \\\n  'a=1' b=$V $UNKNOWN\n"
    found = gather(parse(SourceFile(text)))
    (run,) = found.of(PackageRun, {0})
    assert [(p.name, p.version, p.span.of(text)) for p in run.command.packages] == [
        ("a", "=1", "'a=1'"),
        ("b", "=2", "b=$V"),
    ]
    assert run.command.words.of(text) == "apk add"
    assert run.command.unknown
