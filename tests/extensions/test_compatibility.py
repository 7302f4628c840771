"""Whether an extension fits: versions as PEP 440 has them, and pre-releases as people mean them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provisioning.extensions import Surroundings, read_manifest, satisfies
from provisioning.extensions.compatibility import compatibility_problems
from tests.extensions.shop import manifest

HERE = Surroundings(core="1.2.0", hook_api=3, hook_api_floor=2, python="3.12.1", platform="linux")


@pytest.mark.parametrize(
    ("version", "specifiers", "expected"),
    [
        ("1.0.0a1", ">=1.0", True),
        ("1.0.0a1", ">=1.0,<2", True),
        ("1.0.0a1", "~=1.0", True),
        ("1.0.0.dev3", ">=1.0.0", True),
        ("1.0.0a1", ">=1.0.0a1", True),
        ("1.0.0a1", ">=1.0.0a2", False),
        ("1.0.0a1", ">=1.0.1", False),
        ("1.0.0a1", ">1.0", False),
        ("1.0.0a1", "<1.0", False),
        ("2.0.0a1", ">=1.0,<2", False),
        ("2.0.0rc1", "<2", False),
        ("1.0.0a1", "==1.0.0", False),
        ("1.0.0a1", "==1.0.*", True),
        ("1.5", "", True),
        ("1.5", ">=1,!=1.5", False),
    ],
)
def test_pre_releases_count_as_the_release_they_lead_to(version, specifiers, expected):
    """Against a lower bound that speaks of releases; not against one that speaks of pre-releases, nor an upper one."""
    assert satisfies(version, specifiers) is expected


RELEASES = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda parts: f"{parts[0]}.{parts[1]}")
SUFFIXES = st.sampled_from(["", "a1", "b2", "rc1", ".dev1", ".post1"])
BOUNDS = st.tuples(st.sampled_from([">=", "<", "<=", ">", "==", "!="]), RELEASES).map("".join)


@given(version=RELEASES, bounds=st.lists(BOUNDS, max_size=3))
def test_releases_are_judged_as_pep_440_says(version, bounds):
    """Leniency is for pre-releases alone."""
    assert satisfies(version, ",".join(bounds)) is SpecifierSet(",".join(bounds)).contains(version)


@given(release=RELEASES, suffix=SUFFIXES, bounds=st.lists(BOUNDS, max_size=3))
def test_leniency_only_adds(release, suffix, bounds):
    """What PEP 440 accepts with pre-releases, we accept; what we accept more lies below a release that is accepted."""
    version, specifiers = release + suffix, SpecifierSet(",".join(bounds))
    strict = specifiers.contains(version, prereleases=True)
    lenient = satisfies(version, str(specifiers))
    assert lenient or not strict
    if lenient and not strict:
        assert Version(version).is_prerelease


@given(low=RELEASES, high=RELEASES, version=RELEASES, suffix=st.sampled_from(["a1", "rc1", ".dev1"]))
def test_a_window_holds_what_lies_in_it(low, high, version, suffix):
    """A pre-release is in `>=low,<high` exactly when its release would be, but for the upper edge itself."""
    window = f">={low},<{high}"
    assert satisfies(version + suffix, window) is (Version(low) <= Version(version) < Version(high))


def judged(tmp_path: Path, text: str, here: Surroundings = HERE) -> list[tuple[str, str, str | None]]:
    """Return code, message and hint of what does not fit."""
    path = tmp_path / "extension.toml"
    path.write_text(text)
    return [
        (str(found.code), found.message, found.hint)
        for found in compatibility_problems(read_manifest(path), tmp_path, here)
    ]


def test_what_fits(tmp_path):
    """Nothing is said."""
    assert judged(tmp_path, manifest(hook_api=3, needs='python = ">=3.11"\nplatforms = ["darwin", "linux"]')) == []


def test_what_does_not_fit_is_said_as_have_and_need(tmp_path):
    """All of it at once."""
    needs = 'python = ">=3.13"\nplatforms = ["darwin", "win32"]\nprograms = ["jq-that-is-not-there"]'
    text = manifest(hook_api=4, needs=needs, more='[hooks]\nimplements = ["on_event"]')
    text = text.replace(">=1.0,<2", ">=2").replace('"plugin:Plugin"', '{ command = ["bin/watch"] }')
    assert judged(tmp_path, text) == [
        (
            "core_incompatible",
            "you have provisioning 1.2.0, it needs >=2",
            "install a version of the extension, or of provisioning, that fits the other",
        ),
        (
            "hook_api_incompatible",
            "you have the hook interface 2 to 3, it needs 4",
            "install a newer version of provisioning",
        ),
        ("python_incompatible", "you have Python 3.12.1, it needs >=3.13", "use an interpreter that it works with"),
        (
            "platform_unsupported",
            "you have the platform linux, it needs darwin or win32",
            "it cannot be used on this machine",
        ),
        (
            "program_missing",
            "it needs its program bin/watch, which is not there or cannot be executed",
            "build it, as the extension's README says",
        ),
        (
            "program_missing",
            "it needs the program jq-that-is-not-there, which is not in PATH",
            "install jq-that-is-not-there, or add its folder to PATH",
        ),
    ]


@pytest.mark.parametrize(("needed", "fits"), [(1, False), (2, True), (3, True), (4, False)])
def test_the_window_of_hook_interfaces(tmp_path, needed, fits):
    """From the floor to the current one."""
    assert (judged(tmp_path, manifest(hook_api=needed)) == []) is fits


def test_an_interface_that_is_too_old(tmp_path):
    """Then it is the extension that has to move."""
    here = Surroundings(core="1.2.0", hook_api=3, hook_api_floor=3, platform="linux")
    assert judged(tmp_path, manifest(hook_api=2), here) == [
        (
            "hook_api_incompatible",
            "you have the hook interface 3, it needs 2",
            "install a newer version of the extension",
        )
    ]


def test_the_real_surroundings_are_versions():
    """What is here can be compared."""
    here = Surroundings()
    assert satisfies(here.core, f">={Version(here.core).base_version}")
    assert satisfies(here.python, ">=3.11")
