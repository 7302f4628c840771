"""The OpenAPI document is a contract: what it says of a route is what the route does, whatever it is sent."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from provisioning.app import App
from provisioning.testing import IsolatedWorkspace
from tests.api.serving import Asking, serving

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """One server for all examples: what they leave behind is met by the next ones."""
    with pytest.MonkeyPatch.context() as patch:
        workspace = IsolatedWorkspace(tmp_path_factory.mktemp("contract"))
        workspace.enter(patch)
        with App.open(workspace.folder, safe_mode=True) as app, serving(app) as one:
            one("POST", "/workflows", {"name": "one", "workflow_id": "wf-1", "operations": [COMMAND]})
            one.wait("wf-1")
            yield one
        workspace.close()


STREAMS = ("/events", "/logs")
COMMAND = {"id": "a", "kind": "command", "parameters": {"command": ["true"]}}


PUBLISHED = json.loads((Path(__file__).parents[2] / "schemas" / "openapi.json").read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict(PUBLISHED)
ROUTES = [(method.upper(), path) for path, methods in PUBLISHED["paths"].items() for method in methods]


def test_the_published_document_is_the_one_that_is_served(asking: Asking) -> None:
    """A change of it is seen by whoever reviews the change."""
    assert PUBLISHED == asking.get("/openapi.json").body, "run `python docs/generate.py`"


def test_every_change_of_the_document_has_a_version_with_a_note() -> None:
    """The newest note is of the version that is served, and names its document by the digest."""
    notes = (Path(__file__).parents[2] / "docs" / "api-versions.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+)\.(\d+)\n\n`([0-9a-f]{64})`\n\n(\w.+)$", notes, re.MULTILINE)
    assert notes.count("\n## ") == len(versions), "a version has a digest and a note"
    numbers = [(int(major), int(minor)) for major, minor, _, _ in versions]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len({mark for _, _, mark, _ in versions}) == len(versions)
    digest = hashlib.sha256(json.dumps(PUBLISHED, sort_keys=True).encode()).hexdigest()
    hint = f"give it a new version (API_VERSION), with a note in docs/api-versions.md and this digest: {digest}"
    assert (PUBLISHED["info"]["version"], digest) == ("{}.{}".format(*versions[0][:2]), versions[0][2]), hint


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_does_what_the_document_says(method: str, path: str, asking: Asking) -> None:
    """Every answer has a status, a type, headers and a shape that the document names; none is a failure of ours."""

    @given(case=SCHEMA[path][method].as_strategy())
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    def check(case: schemathesis.Case) -> None:
        case.query = {**(case.query or {}), **({"follow": "false"} if path.endswith(STREAMS) else {})}
        case.headers.pop("Authorization", None)  # a token that is none would keep every example at the door
        response = case.call(base_url=asking.url, timeout=20)
        case.validate_response(response, checks=CHECKS)

    check()
