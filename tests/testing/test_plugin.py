"""The plugin in a pytest run: it costs next to nothing, and its fixtures keep a test apart from everything."""

import json
import subprocess
import sys

import pytest

LOADED = """
import json, sys
import pytest
before = set(sys.modules)
import provisioning.testing.plugin
print(json.dumps(sorted(set(sys.modules) - before)))
"""

HEAVY = {
    "click",
    "jsonschema",
    "provisioning.app",
    "provisioning.contract",
    "provisioning.testing.conformance",
    "pydantic",
    "rich",
    "tomlkit",
    "yaml",
}


def test_loading_it_imports_itself_alone() -> None:
    """Beyond pytest it is four small modules, which is all that somebody pays who does not use it."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [
        "provisioning",
        "provisioning._version",
        "provisioning.testing",
        "provisioning.testing.plugin",
    ]


def test_a_run_that_does_not_use_it_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    """It is loaded in every run by its entry point, and stays as small as it was to the end."""
    pytester.makepyfile(
        f"""
        import sys
        def test_nothing(tmp_path):
            assert "provisioning.testing.plugin" in sys.modules
        def test_last():
            assert {HEAVY!r} & set(sys.modules) == set()
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_its_fixtures_explain_themselves(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` shows them with a sentence each."""
    result = pytester.runpytest_inprocess("--fixtures")
    result.stdout.fnmatch_lines(
        [
            "*fixtures defined from provisioning.testing.plugin*",
            "make_extension -- *",
            "    Make real extensions: `make_extension.folder(...)` and `make_extension.package(...)`.",
            "isolated_registry -- *",
            "    Discover what `make_extension` made and nothing else: *",
            "isolated_workspace -- *",
            "    Stand in an empty workspace with a home of its own, until the end of the test.",
        ],
        consecutive=False,
    )
