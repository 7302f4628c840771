"""Extensions that do something for the program itself, written into a workspace by a test."""

from pathlib import Path

from provisioning.app import App
from tests.app.test_hooks import write_extension

EXAMPLES = Path(__file__).parents[2] / "examples" / "extensions"
"""The examples of the documentation."""

VAULT = """
from pathlib import Path
from provisioning import NotFound, hookimpl
SECRETS = {{"db/password": "hunter22", "cloud/zone": "eu-north-9", "a.b#c": "swordfish"}}
LOG = Path({log!r})
class Plugin:
    @hookimpl
    def resolve_secret(self, name, path, context):
        with LOG.open("a") as file:
            print(name, path, sorted(context.options.items()), file=file)
        if path not in SECRETS:
            raise NotFound(f"there is no secret {{path}}", hint="write one")
        return SECRETS[path]
"""


def vault(workspace: Path, log: Path, *, name: str = "hashi", code: str = VAULT, more: str = "") -> Path:
    """Write an extension that resolves `{{vault...}}` and notes in a file what it is asked for."""
    text = f'[secrets]\nnames = ["vault"]\n{more}'
    return write_extension(workspace / "extensions", name, code.format(log=str(log)), more=text)


def source(workspace: Path, answer: str, *, name: str = "shared", more: str = "") -> Path:
    """Write an extension whose config source answers with a Python expression; its import leaves a mark."""
    code = f"""
    from pathlib import Path
    from provisioning import hookimpl
    with (Path(__file__).parent / "imported").open("a") as file:
        print("imported", file=file)
    class Plugin:
        @hookimpl
        def load_config(self, context):
            return {answer}
    """
    return write_extension(workspace / "extensions", name, code, more=f"[config_source]\nprovides = true\n{more}")


def opened(workspace: Path, tmp_path: Path, **options) -> App:
    """Open a workspace with an environment of its own."""
    options.setdefault("environ", {"HOME": str(tmp_path)})
    return App.open(workspace, **options)
