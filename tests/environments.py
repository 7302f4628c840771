"""Environments to install into: real ones, empty but for what the running one lends, and wheels for them."""

import ensurepip
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uv

__all__ = ["Environment", "build_wheel", "extension_files", "lend", "make_wheel", "unpack_pip"]

MANIFEST = """
[extension]
name = "{name}"
version = "{version}"
type = "hooks"
[compatibility]
provisioning = "{provisioning}"
hook_api = "1"
{more}
[entry_points]
hooks = "{package}.plugin:Plugin"
"""
KEPT = ("LANG", "TMPDIR")
UV = Path(uv.find_uv_bin())


def extension_files(
    name: str, version: str, *, provisioning: str = ">=1.0,<2", more: str = "", code: str = "class Plugin: pass"
) -> dict[str, str]:
    """Return the files of an extension package that is called `ext_` and its name."""
    package = f"ext_{name.replace('-', '_')}"
    manifest = MANIFEST.format(name=name, version=version, provisioning=provisioning, more=more, package=package)
    return {f"{package}/__init__.py": "", f"{package}/plugin.py": code, f"{package}/extension.toml": manifest}


def make_wheel(
    links: Path,
    distribution: str,
    version: str,
    files: Mapping[str, str],
    *,
    entry: str | None = None,
    requires: Sequence[str] = (),
) -> Path:
    """Make a wheel; `entry` is its line in our group of entry points."""
    stem = f"{distribution.replace('-', '_')}-{version}"
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    held = {
        **files,
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{needs}",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if entry is not None:
        held[f"{stem}.dist-info/entry_points.txt"] = f"[provisioning.extensions]\n{entry}\n"
    record = f"{stem}.dist-info/RECORD"
    held[record] = "".join(f"{name},,\n" for name in (*held, record))
    wheel = links / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return wheel


def build_wheel(source: Path, out: Path) -> Path:
    """Build the wheel of a package as any installer would, only without fetching the builder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", out]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = out.glob("*.whl")
    return wheel


def unpack_pip(folder: Path) -> Path:
    """Make a folder hold pip, as Python itself brings it, and return it."""
    bundle = sysconfig.get_config_var("WHEEL_PKG_DIR") or Path(ensurepip.__file__).parent / "_bundled"
    (wheel,) = Path(bundle).glob("pip-*.whl")
    shutil.unpack_archive(wheel, folder, "zip")
    return folder


def lend(site: Path, *more: Path) -> None:
    """Let an environment see what the running one has, after everything that is its own."""
    for path in Path(sysconfig.get_path("purelib")).glob("*.pth"):
        shutil.copy(path, site)
    lent = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *map(str, more)]
    (site / "00-lent.pth").write_text("\n".join(dict.fromkeys(lent)) + "\n", encoding="utf-8")


@dataclass
class Environment:
    """An environment, a person's home and workspace, and a folder of wheels that stands for an index."""

    folder: Path
    python: Path
    site: Path
    workspace: Path
    links: Path
    more: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, root: Path, tool: str, pip_site: Path | None = None) -> "Environment":
        """Make one as `python -m venv` or `uv venv` does; pip is lent from another one."""
        folder = root / "environment"
        if tool == "uv":
            quiet = {"PATH": os.environ["PATH"], "HOME": str(root), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
            subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], env=quiet, check=True)
        else:
            venv.create(folder, symlinks=True)
        site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        lend(site, *([pip_site] if pip_site else []))
        return cls.around(root, folder, folder / "bin" / "python", site)

    @classmethod
    def around(cls, root: Path, folder: Path, python: Path, site: Path) -> "Environment":
        """Give an interpreter a home, a workspace and an index."""
        for name in ("home", "workspace", "links"):
            (root / name).mkdir()
        (root / "uv.toml").write_text(f'no-index = true\nfind-links = ["{root / "links"}"]\n', encoding="utf-8")
        return cls(folder, python, site, root / "workspace", root / "links")

    @property
    def variables(self) -> dict[str, str]:
        """The variables of its processes: no network, and nothing of whoever runs the tests."""
        root = self.workspace.parent
        kept = {name: text for name, text in os.environ.items() if name in KEPT or name.startswith("COVERAGE_")}
        return {
            **kept,
            "PATH": f"{UV.parent}{os.pathsep}{os.defpath}",
            "HOME": str(root / "home"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_FIND_LINKS": str(self.links),
            "UV_CONFIG_FILE": str(root / "uv.toml"),
            "UV_CACHE_DIR": str(root / "cache"),
            "UV_LINK_MODE": "copy",
            **self.more,
        }

    def program(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command line of provisioning in it."""
        return subprocess.run(
            [self.python, "-m", "provisioning", *words],
            cwd=self.workspace,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )

    def offer(self, name: str, version: str = "1.0", *, requires: Sequence[str] = (), **manifest: str) -> Path:
        """Put an extension into the index: the distribution `provisioning-NAME`."""
        files = extension_files(name, version, **manifest)
        entry = f"{name} = ext_{name.replace('-', '_')}"
        return make_wheel(self.links, f"provisioning-{name}", version, files, entry=entry, requires=requires)

    def installed(self) -> set[str]:
        """Return what stands in its site-packages, as `name-version`."""
        return {path.name.removesuffix(".dist-info") for path in self.site.glob("*.dist-info")}
