"""The watch over imports sees what a test cannot see by looking at `sys.modules`."""

import contextlib
import importlib
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.testing import ExtensionShop, assert_no_import, imported_by


def told(*what: str | Path, during: Callable[[], object]) -> str:
    """Return what is told of the imports of a call."""
    with pytest.raises(AssertionError) as caught, assert_no_import(*what), contextlib.suppress(Exception, SystemExit):
        during()
    return str(caught.value)


def test_nothing_is_imported() -> None:
    """Then nothing is said, and other modules may be."""
    with assert_no_import("provisioning_not_there", "json.encoder"):
        importlib.import_module("colorsys")


def test_an_import_is_told() -> None:
    """By its name; a package stands for all that is in it."""
    message = told("sqlite3", "wsgiref", during=lambda: importlib.import_module("wsgiref.types"))
    assert message == "imported, and should not have been: wsgiref, wsgiref.types"


def test_an_import_of_what_was_there_before_is_told() -> None:
    """And afterwards the module is the same one as before, also where its package holds it."""
    import xml.sax

    before = (wave, xml.sax)
    message = told("wave", "xml.sax", during=lambda: [importlib.import_module(name) for name in ("wave", "xml.sax")])
    assert message.startswith("imported, and should not have been: wave, xml.sax, xml.sax._exceptions")
    assert (importlib.import_module("wave"), importlib.import_module("xml.sax")) == before
    assert sys.modules["xml"].sax is xml.sax


def test_an_import_that_fails_and_is_caught_is_told() -> None:
    """Whoever shields himself from an extension has run its code all the same."""
    message = told("provisioning_not_there", during=lambda: importlib.import_module("provisioning_not_there"))
    assert message == "imported, and should not have been: provisioning_not_there"


def test_code_of_a_folder_is_told(make_extension: ExtensionShop) -> None:
    """Whatever its modules are called, and when they fail."""
    folder = make_extension.package("audit", files={"broken.py": "raise SystemExit"})
    with assert_no_import(folder):
        importlib.import_module("colorsys")
    message = told(folder, during=lambda: importlib.import_module("ext_audit.broken"))
    assert message == "imported, and should not have been: ext_audit, ext_audit.broken"


def test_an_error_of_the_block_is_not_hidden() -> None:
    """What went wrong inside is what is told."""
    with pytest.raises(ZeroDivisionError), assert_no_import("wave"):
        _ = importlib.import_module("wave") and 1 / 0
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == "_Watch"]


def test_another_process_is_asked() -> None:
    """What it imports is listed, however it ends."""
    found = imported_by("-c", "import wsgiref.types, sys; sys.exit('no')")
    assert {"wsgiref", "wsgiref.types"} <= found
    assert "wave" not in found
    assert "yaml" not in imported_by("-m", "provisioning", "--version")
