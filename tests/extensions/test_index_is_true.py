"""Whatever happens to manifests between two discoveries, the one with an index finds what the one without finds."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from provisioning.extensions import ManifestIndex, Registry
from provisioning.extensions.index import SETTLED
from tests.extensions.shop import Shop, manifest
from tests.users import ordinary_user

NAMES = ("a", "b", "c")
FORMS: dict[str, Callable[[str], str]] = {
    "good": lambda name: manifest(name, version="1.0"),
    "of the same size": lambda name: manifest(name, version="2.0"),
    "wrong and of the same size": lambda name: manifest(name, version="x.0"),
    "of another name": lambda _name: manifest("z"),
    "larger": lambda name: manifest(name, more='[config]\nschema = "config.schema.json"'),
    "torn": lambda name: manifest(name)[:40],
    "empty": lambda _name: "",
}

names = st.sampled_from(NAMES)
forms = st.sampled_from(sorted(FORMS))


class Manifests(RuleBasedStateMachine):
    """Three folders in which manifests are changed in every way, and discoveries in between."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.shop = Shop(self.root, self.root / "site")
        self.holder = self.root / "extensions"
        self.cache = self.root / "cache"
        self.has_settled = False
        for name in NAMES:
            self.shop.folder(name)
            self.shop.package(name.upper(), manifest(name.upper().lower() + "-package"))

    def teardown(self) -> None:
        for folder in self.holder.iterdir():
            if not folder.is_symlink():
                folder.chmod(0o700)
        shutil.rmtree(self.root)

    def clock(self) -> int:
        """Tell the time; long after the last change, when that has settled."""
        return time.time_ns() + (2 * SETTLED if self.has_settled else 0)

    def manifest(self, name: str) -> Path:
        self.has_settled = False
        return self.holder / name / "extension.toml"

    @rule()
    def settle(self) -> None:
        """Let the clock of the file system go on, at least by its smallest step."""
        probe = self.root / "probe"
        probe.touch()
        before = probe.stat().st_mtime_ns
        while probe.stat().st_mtime_ns == before:
            probe.write_text("")
        self.has_settled = True

    @rule(name=names, form=forms)
    def edit(self, name: str, form: str) -> None:
        path = self.manifest(name)
        if path.parent.exists() and os.access(path.parent, os.X_OK):
            path.unlink(missing_ok=True) if path.is_symlink() else None
            path.write_text(FORMS[form](name))

    @rule(name=names, form=forms)
    def edit_and_put_the_time_back(self, name: str, form: str) -> None:
        path = self.manifest(name)
        if path.is_file() and not path.is_symlink():
            before = path.stat()
            path.write_text(FORMS[form](name))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(name=names, form=forms)
    def put_another_in_its_place(self, name: str, form: str) -> None:
        path = self.manifest(name)
        if path.parent.exists():
            (self.root / "new").write_text(FORMS[form](name))
            (self.root / "new").replace(path)

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.manifest(name).unlink(missing_ok=True)

    @rule(name=names, other=names)
    def link_inside(self, name: str, other: str) -> None:
        path = self.manifest(name)
        if path.parent.exists():
            path.unlink(missing_ok=True)
            (path.parent / "real.toml").write_text(manifest(other))
            path.symlink_to("real.toml")

    @rule(name=names, other=names)
    def link_outside(self, name: str, other: str) -> None:
        path = self.manifest(name)
        if path.parent.exists() and name != other:
            path.unlink(missing_ok=True)
            path.symlink_to(self.holder / other / "extension.toml")

    @rule(name=names, other=names)
    def change_places(self, name: str, other: str) -> None:
        one, two = self.manifest(name).parent, self.manifest(other).parent
        if one.exists() and two.exists() and one != two:
            one.rename(self.root / "away")
            two.rename(one)
            (self.root / "away").rename(two)

    @rule(name=names, mode=st.sampled_from([0o000, 0o644]))
    def permit(self, name: str, mode: int) -> None:
        path = self.manifest(name)
        if path.is_file():
            path.chmod(mode)

    @rule(name=names, mode=st.sampled_from([0o000, 0o600, 0o755]))
    def permit_the_folder(self, name: str, mode: int) -> None:
        folder = self.manifest(name).parent
        if folder.exists():
            folder.chmod(mode)

    @rule(name=names, is_there=st.booleans())
    def place_the_schema(self, name: str, is_there: bool) -> None:
        path = self.manifest(name).with_name("config.schema.json")
        if is_there and path.parent.exists():
            path.write_text("{}")
        else:
            path.unlink(missing_ok=True)

    @rule(name=names, form=forms)
    def upgrade_the_package(self, name: str, form: str) -> None:
        self.has_settled = False
        (self.shop.site / f"ext_{name.upper()}" / "extension.toml").write_text(FORMS[form](f"{name}-package"))

    @invariant()
    def warm_is_as_cold(self) -> None:
        """Twice with the index, the second time with what the first has learnt."""
        with ordinary_user():
            cold, warm, warmer = (self.discovered(index) for index in (None, *[self.cache] * 2))
        assert cold == warm == warmer

    def discovered(self, cache: Path | None) -> list[object]:
        index = None if cache is None else ManifestIndex(cache, clock=self.clock)
        found = Registry.discover(project=self.holder, search_path=[str(self.shop.site)], index=index)
        return [
            (record.as_dict(), record.declared, record.declared and record.declared.model_fields_set)
            for record in found.records
        ]


TestManifests = Manifests.TestCase
TestManifests.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
