"""What the page for authors shows is true."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from provisioning.testing import ExtensionShop, manifest

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"

SHOUT = """
    from provisioning import Done, OperationKind, hookimpl

    class Shout:
        @hookimpl
        def run_operation(self, operation):
            return Done({"said": operation.parameters["words"].upper()})

    class Plugin:
        @hookimpl
        def operation_kinds(self):
            return [OperationKind("shout", "shout", {"type": "object"}, Shout())]
"""


def test_the_examples_run(pytester: pytest.Pytester, make_extension: ExtensionShop) -> None:
    """As they stand there, in a folder of tests inside an extension."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    examples = [block for block in blocks if "\ndef test_" in block]
    text = manifest("shout", type="workflow", more='[workflow]\noperation_kinds = ["shout"]')
    files = {"plugin.py": dedent(SHOUT), "tests/test_shout.py": "\n".join(examples)}
    folder = make_extension.folder("shout", text, files)
    pytester.runpytest_inprocess("--rootdir", folder, folder / "tests").assert_outcomes(passed=3)
    assert len(examples) == 3
