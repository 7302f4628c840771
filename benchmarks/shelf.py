"""Extensions by the hundred, as authors write them and as installers leave them."""

from pathlib import Path

__all__ = ["put_folders", "put_packages", "put_providers"]

_MANIFEST = """
[extension]
name = "{name}"
version = "1.2.0"
type = "{role}"
description = "One of many"

[compatibility]
provisioning = ">=1.0,<2"
hook_api = "1"
python = ">=3.11"

[entry_points]
{role} = "{module}:{object}"

[config]
schema = "config.schema.json"
"""
_HOOKS = """
[hooks]
implements = ["on_event"]
"""
_CLOUD = """
from provisioning import ConnectionStatus, Server, ServerState, hookimpl

SERVER = Server(id="s-1", name="web", state=ServerState.RUNNING)


class Cloud:
    def __init__(self, name, config):
        pass

    @hookimpl
    def check_connection(self):
        return ConnectionStatus(reachable=True)

    @hookimpl
    def list_servers(self, labels):
        return []

    @hookimpl
    def get_server(self, server_id):
        return SERVER

    @hookimpl
    def create_server(self, spec, client_token, labels):
        return SERVER

    @hookimpl
    def find_server(self, client_token):
        return None

    @hookimpl
    def delete_server(self, server_id):
        return None
"""


def put_folders(place: Path, count: int) -> None:
    """Write extensions into folders of `place`."""
    for number in range(count):
        name = f"folder-{number}"
        text = _MANIFEST.format(name=name, role="hooks", module="plugin", object="Plugin") + _HOOKS
        _write(place / name, text, "plugin.py", "class Plugin: pass\n")


def put_packages(site: Path, count: int) -> None:
    """Install extensions into the folder `site`, which is made when it is not there."""
    site.mkdir(exist_ok=True)
    for number in range(count):
        name, package = f"package-{number}", f"package_{number}"
        text = _MANIFEST.format(name=name, role="hooks", module=f"{package}.plugin", object="Plugin") + _HOOKS
        _write(site / package, text, "plugin.py", "class Plugin: pass\n")
        (site / package / "__init__.py").write_text("")
        info = site / f"provisioning_{package}-1.2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: provisioning-{name}\nVersion: 1.2.0\n")
        (info / "entry_points.txt").write_text(f"[provisioning.extensions]\n{name} = {package}\n")


def put_providers(workspace: Path, count: int) -> None:
    """Make a workspace with providers of its own, each with one configured instance of its name: `cloud-0` and on."""
    for number in range(count):
        name = f"cloud-{number}"
        text = _MANIFEST.format(name=name, role="provider", module="cloud", object="Cloud")
        _write(workspace / "extensions" / name, text, "cloud.py", _CLOUD)
    tables = "".join(f"[providers.cloud-{number}]\n" for number in range(count))
    (workspace / "config.defaults.toml").write_text(tables)


def _write(folder: Path, manifest: str, module: str, code: str) -> None:
    folder.mkdir(parents=True)
    (folder / "extension.toml").write_text(manifest)
    (folder / "config.schema.json").write_text('{"type": "object"}')
    (folder / module).write_text(code)
