"""The manifests of docs/fleet.md match the schemas of Kubernetes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from kubernetes_validate import ValidationError, latest_version, validate

from tests.fleet.test_page import block

OLDEST = "1.25"
MANIFESTS = [*yaml.safe_load_all(block("yaml"))]


@pytest.mark.parametrize("version", [OLDEST, latest_version()])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_kubernetes_knows_every_key(manifest: dict[str, Any], version: str) -> None:
    validate(manifest, version, strict=True)


def test_a_wrong_key_is_found() -> None:
    wrong = copy.deepcopy(MANIFESTS[0])
    wrong["spec"]["template"]["spec"]["containers"][0]["portz"] = []
    with pytest.raises(ValidationError):
        validate(wrong, latest_version(), strict=True)
