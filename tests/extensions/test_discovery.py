"""Discovery: both origins, every candidate a record, nothing imported, nothing raised."""

import os
import sys
from pathlib import Path

import pytest

from provisioning.extensions import OriginKind, Registry, Status
from tests.extensions.shop import manifest


def told(record) -> list[tuple[str, str, str | None]]:
    """Return code, message and hint of a record's problems."""
    return [(str(problem.code), problem.message, problem.hint) for problem in record.problems]


def test_a_package_is_found_and_not_imported(shop, one):
    """It is ready, with the distribution it came from."""
    folder = shop.package(version="1.0")
    record = one()
    assert (record.name, record.version, record.status, record.location) == ("audit", "1.0", Status.READY, folder)
    assert str(record) == "audit 1.0 (package provisioning-audit 1.0)"
    assert "ext_audit" not in sys.modules


def test_a_package_inside_a_package_is_found_and_its_parent_not_imported(shop, one):
    """A dotted name is looked up without running the parents."""
    shop.package(value="ext_audit.inner", files={
        "__init__.py": "raise SystemExit",
        "inner/__init__.py": "",
        "inner/extension.toml": manifest(entry="ext_audit.inner.plugin:Plugin"),
    })  # fmt: skip
    assert one().status is Status.READY
    assert "ext_audit" not in sys.modules


def test_a_namespace_package_is_found(shop, one):
    """A package without an __init__.py is one too."""
    shop.package()
    (shop.site / "ext_audit" / "__init__.py").unlink()
    assert one().status is Status.READY


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "ext_audit:plugin",
            (
                "manifest_missing",
                "its entry point in provisioning.extensions is 'ext_audit:plugin', which is not an import package",
                "name the package that holds extension.toml",
            ),
        ),
        (
            "nowhere",
            (
                "package_missing",
                "the import package nowhere cannot be found",
                "install the package again, or ask its author: extension.toml belongs into it",
            ),
        ),
        (
            "ext_audit.plugin.deeper",
            (
                "package_missing",
                "the import package ext_audit.plugin.deeper cannot be found",
                "install the package again, or ask its author: extension.toml belongs into it",
            ),
        ),
    ],
)
def test_an_entry_point_that_leads_nowhere(shop, one, value, expected):
    """It is a record that says so, under the entry point's name."""
    shop.package(value=value)
    record = one()
    assert (record.name, record.version, record.status) == ("audit", None, Status.INVALID)
    assert told(record) == [expected]


def test_a_package_without_a_manifest(shop, one):
    """The folder where it should be is named."""
    folder = shop.package()
    (folder / "extension.toml").unlink()
    assert told(one()) == [
        (
            "manifest_missing",
            f"there is no extension.toml in the import package ext_audit ({folder})",
            "install the package again, or ask its author: extension.toml belongs into it",
        )
    ]


def test_a_distribution_with_a_version_that_is_none(shop, one):
    """It cannot be the manifest's."""
    shop.package()
    metadata = shop.site / "provisioning_audit-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: provisioning-audit\nVersion: latest\n")
    assert told(one())[0][:2] == (
        "version_mismatch",
        "its manifest says version 1.0, the installed package is latest",
    )


def test_two_versions_of_one_thing(shop, one):
    """The manifest's version must be the distribution's, however it is written."""
    shop.package(version="1.0.0", text=manifest(version="1.0", entry="ext_audit.plugin:Plugin"))
    assert one().status is Status.READY
    shop.package(version="1.0.0", text=manifest(version="1.1", entry="ext_audit.plugin:Plugin"))
    record = one()
    assert record.status is Status.INVALID
    assert told(record) == [
        (
            "version_mismatch",
            "its manifest says version 1.1, the installed package is 1.0.0",
            "write the package's version into both",
        )
    ]


def test_broken_metadata_is_never_forgotten_and_stops_nobody(shop, discover):
    """An entry point that cannot be parsed is a record; a file that cannot be decoded hides nothing else."""
    shop.package()
    shop.distribution("torn", "1", "this is no entry point")
    (shop.site / "binary-1.dist-info").mkdir()
    (shop.site / "binary-1.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe")
    (shop.site / "half-1.dist-info").mkdir()
    (shop.site / "half-1.dist-info" / "entry_points.txt").write_text("[provisioning.extensions]\nhalf = ext_half\n")
    found = {record.name: str(record.status) for record in discover().records}
    assert found == {"audit": "ready", "half": "invalid", "torn": "invalid"}


def test_a_finder_that_raises_is_a_package_that_is_not_there(shop, one, monkeypatch):
    """Import hooks of strangers cannot take discovery down."""

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "ext_audit":
                raise RuntimeError("no")

    shop.package()
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    assert told(one())[0][0] == "package_missing"


def test_the_same_distribution_twice_on_the_path(shop, one, tmp_path):
    """The first one is the one that is imported, and the only one that counts."""
    shop.package()
    shop.package()
    assert one(search_path=[str(shop.site), str(shop.site)]).status is Status.READY


def test_folders_of_all_three_kinds(shop, discover):
    """Explicit, project and user; each path is an extension or holds some."""
    shop.folder("one", under="given")
    shop.folder("two", under="extensions")
    shop.folder("three", under="user")
    found = discover(explicit=[shop.root / "given" / "one"], project=shop.root / "extensions", user=shop.root / "user")
    assert {record.name: (record.origin.kind, record.status) for record in found.records} == {
        "one": (OriginKind.FOLDER_EXPLICIT, Status.READY),
        "two": (OriginKind.FOLDER_PROJECT, Status.READY),
        "three": (OriginKind.FOLDER_USER, Status.READY),
    }
    assert str(found.get("two")) == f"two 1.0 (project folder {shop.root}/extensions/two)"


def test_what_is_no_extension_is_no_record(shop, discover):
    """Other folders and files beside extensions are nobody's business; an absent project folder neither."""
    holder = shop.folder("one")
    (holder / "docs").mkdir()
    (holder / "readme.md").write_text("")
    assert [record.name for record in discover(project=holder, user=shop.root / "nowhere").records] == ["one"]


def test_one_folder_reached_twice_is_one_record(shop, discover):
    """By its holder and by its own path, through a link too."""
    holder = shop.folder("one")
    link = shop.root / "link"
    link.symlink_to(holder)
    found = discover(explicit=[holder / "one", link], project=holder)
    assert [record.origin.kind for record in found.records] == [OriginKind.FOLDER_EXPLICIT]


def test_a_package_that_is_also_pointed_at_is_one_record(shop, one):
    """The installed one, which is the same files."""
    folder = shop.package()
    assert one(explicit=[folder]).origin.kind is OriginKind.PACKAGE


def test_an_explicit_path_must_hold_something(shop, discover):
    """What was pointed at and is not there is said."""
    (shop.root / "empty").mkdir()
    (shop.root / "file").write_text("")
    paths = [shop.root / "empty", shop.root / "file", shop.root / "nowhere", Path("a\0b")]
    found = discover(explicit=paths).records
    assert {record.name: told(record) for record in found} == {
        "empty": [
            (
                "manifest_missing",
                f"neither {shop.root}/empty nor a folder in it holds an extension.toml",
                "check the path",
            )
        ],
        "file": [
            ("manifest_missing", f"the folder {shop.root}/file cannot be read: Not a directory", "check the path")
        ],
        "nowhere": [
            (
                "manifest_missing",
                f"the folder {shop.root}/nowhere cannot be read: No such file or directory",
                "check the path",
            )
        ],
        "a\0b": [("manifest_missing", "the folder a\0b cannot be read: it is not a path", "check the path")],
    }


def test_links_out_of_the_folder_are_refused(shop, discover):
    """A manifest, or a whole extension, that is really elsewhere is not followed; a link given by hand is."""
    real = shop.folder("real", under="elsewhere") / "real"
    holder = shop.folder("good")
    (holder / "real").symlink_to(real)
    (holder / "loop").mkdir()
    (holder / "loop" / "extension.toml").symlink_to("extension.toml")
    (holder / "lent").mkdir()
    (holder / "lent" / "extension.toml").symlink_to(real / "extension.toml")
    found = {record.name: record for record in discover(project=holder).records}
    assert {name: record.status for name, record in found.items()} == {
        "good": Status.READY,
        "lent": Status.INVALID,
        "loop": Status.INVALID,
        "real": Status.INVALID,
    }
    assert told(found["real"]) == [
        (
            "outside_folder",
            f"{holder}/real is a link that leads out of {holder}",
            "put the files themselves there",
        )
    ]
    assert told(found["lent"])[0][1] == f"{holder}/lent/extension.toml is a link that leads out of {holder}/lent"
    assert discover(explicit=[holder / "real"]).get("real").status is Status.READY


def test_the_folder_and_the_manifest_have_one_name(shop, one):
    """Else nobody knows what the extension is called."""
    holder = shop.folder("audit", manifest("other"))
    record = one(project=holder)
    assert (record.name, record.status) == ("other", Status.INVALID)
    assert told(record) == [
        ("manifest_invalid", "its folder is called audit and its manifest says other", "give both the same name")
    ]


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[extension", b"x = 1\n" * 300_000], ids=len)
def test_a_hostile_manifest_is_a_record(shop, one, content):
    """Empty, binary, torn and enormous ones say what is wrong, under the folder's name."""
    holder = shop.folder("audit")
    (holder / "audit" / "extension.toml").write_bytes(content)
    record = one(project=holder)
    assert (record.name, record.status, record.type) == ("audit", Status.INVALID, None)
    assert told(record)[0][0] == "manifest_invalid"
    assert str(holder / "audit" / "extension.toml") in told(record)[0][1]


def test_a_manifest_that_is_a_folder_or_a_pipe(shop, discover):
    """Nothing waits for a pipe that nobody writes to."""
    holder = shop.folder("good")
    (holder / "folder" / "extension.toml").mkdir(parents=True)
    (holder / "pipe").mkdir()
    os.mkfifo(holder / "pipe" / "extension.toml")
    assert {record.name: str(record.status) for record in discover(project=holder).records} == {
        "good": "ready",
        "folder": "invalid",
        "pipe": "invalid",
    }


def test_all_problems_of_a_manifest_are_in_its_record(shop, one):
    """With the file, the lines and the keys."""
    holder = shop.folder("audit", manifest().replace('version = "1.0"', 'version = "x"').replace(">=1.0,<2", "1"))
    path = holder / "audit" / "extension.toml"
    assert told(one(project=holder)) == [
        (
            "manifest_invalid",
            (
                f"{path} has 2 problems:\n"
                f"  {path}:4: extension.version: 'x' is not a version (PEP 440)\n"
                f"  {path}:8: compatibility.provisioning: '1' is not a range of versions (PEP 440)"
            ),
            None,
        )
    ]


def test_the_bundled_extensions_are_found_like_a_strangers():
    """In the environment in which the tests run, ours come from our own distribution and fit."""
    ours = {record.name: record for record in Registry.discover().records if record.name in ("kinds", "local")}
    assert {name: (record.status, record.origin.distribution) for name, record in ours.items()} == {
        "kinds": (Status.READY, "provisioning"),
        "local": (Status.READY, "provisioning"),
    }
