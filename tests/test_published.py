"""What is generated from the code is what is published."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args, get_origin

import pytest
from jsonschema import Draft202012Validator

from provisioning.extensions.entry_point import CommandTarget
from provisioning.extensions.manifest import EntryPointsTable, Manifest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_published_page_and_schema_is_fresh(generator: ModuleType) -> None:
    """A setting, a hook, an error, an event or a kind that is not in the reference fails here."""
    stale = [
        str(path)
        for path, text in generator.published().items()
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `python docs/generate.py`"


def test_every_published_thing_has_a_sentence(generator: ModuleType) -> None:
    """No cell of the reference is empty that should say what a thing means."""
    for path, text in generator.published().items():
        if path.suffix == ".md":
            rows = [line for line in text.splitlines() if line.startswith("| `")]
            silent = [row for row in rows if not any(" " in cell.strip() for cell in row.strip("|").split("|")[1:])]
            assert silent == [], path


def test_every_key_of_the_manifest_is_published_with_a_sentence(generator: ModuleType) -> None:
    """Its table, its type, whether it is required or what holds without it, and what it means."""
    page = generator.published()[Path("docs/reference/manifest.md")]
    published = []
    for section in page.split("\n## `[")[1:]:
        title = section.partition("]`")[0]
        rows = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| `")]
        published += [f"{title}.{cells[0].strip('`')}" for cells in rows]
        assert [cells for cells in rows if not (cells[1] and cells[-1].endswith("."))] == []
    roles = [*(f"entry_points.{role}" for role in EntryPointsTable.model_fields), "commands.<name>.entry"]
    expected = [f"{role}.{key}" for role in roles for key in CommandTarget.model_fields]
    for name, field in Manifest.model_fields.items():
        table = get_args(field.annotation)[1] if get_origin(field.annotation) is dict else field.annotation
        title = name if table is field.annotation else f"{name}.<name>"
        expected += [f"{title}.{inner.alias or key}" for key, inner in table.model_fields.items()]
    assert sorted(expected) == sorted(published)


def test_every_schema_is_a_json_schema(generator: ModuleType) -> None:
    """Editors and validators take them as they are."""
    import json

    for path, text in generator.published().items():
        if path.name.endswith(".schema.json"):
            Draft202012Validator.check_schema(json.loads(text))
