"""A provider that a stranger ships: a package of a folder outside of the repository, installed beside ours and used."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.environments import Environment, unpack_pip

WORKFLOW = """
name = "two-servers"
[[operations]]
id = "a"
kind = "server_create"
provider = "sky"
parameters = { name = "sky-a", size = "medium" }
[[operations]]
id = "b"
kind = "server_create"
provider = "sky"
parameters = { name = "sky-b", size = "small" }
"""
DENIED = """
name = "too-large"
[[operations]]
id = "c"
kind = "server_create"
provider = "sky"
parameters = { name = "sky-c", size = "large" }
"""
CONFIG = """
[providers.sky]
api_token = "{{env.SKY_TOKEN}}"
directory = "sky"

[extensions]
enabled = ["audit-log", "policy-guard"]

[[extensions.options.policy-guard.rules]]
action = "deny"
kinds = ["server_create"]
sizes = ["large"]
reason = "too dear"
"""
TOKEN = "a-t0ken-that-nobody-sees"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Return an environment of pip's in which provisioning can be used, with a workspace."""
    environment = Environment.made(tmp_path, "pip", unpack_pip(tmp_path / "pip"))
    environment.more = {"SKY_TOKEN": TOKEN}
    for name, text in {"config.user.toml": CONFIG, "two.toml": WORKFLOW, "large.toml": DENIED}.items():
        (environment.workspace / name).write_text(text, encoding="utf-8")
    return environment


def done(environment: Environment, *words: str, code: int = 0) -> Any:
    """Run a command line that ends with a code, and return its answer."""
    ended = environment.program(*words, "--output", "json")
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert TOKEN not in ended.stdout + ended.stderr
    decoder, rest, document = json.JSONDecoder(), ended.stdout.strip(), {}
    while rest:
        document, end = decoder.raw_decode(rest)
        rest = rest[end:].lstrip()
    return document


def shipped(environment: Environment, folder: Path) -> Path:
    """Write a package, change it a little, and build its wheel as pip does."""
    done(environment, "extension", "new", "sky", "--type", "provider", "--into", str(folder))
    source = folder / "provisioning-sky"
    cloud = source / "provisioning_sky" / "cloud.py"
    text = cloud.read_text(encoding="utf-8")
    cloud.write_text(text.replace('("small", "large")', '("small", "medium", "large")'), encoding="utf-8")
    pip = [environment.python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    subprocess.run(pip, cwd=source, env=environment.variables, check=True, capture_output=True, timeout=120)
    (wheel,) = (source / "dist").glob("*.whl")
    return wheel


def names(environment: Environment, *, provider: str = "sky") -> list[str]:
    """Return the names of the servers that there are."""
    return sorted(server["name"] for server in done(environment, "server", "list", "--provider", provider)["data"])


def audited(environment: Environment) -> set[tuple[str, str, str]]:
    """Return the calls that the audit log says have ended: the operation, the step, and how."""
    lines = (environment.workspace / ".provisioning" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return {(entry["operation_id"], entry["step"], entry["outcome"]) for entry in entries if entry["type"] == "ended"}


def test_a_strangers_provider_is_as_good_as_ours(environment: Environment, tmp_path: Path) -> None:
    """Installed, listed, checked, used, wrapped, denied, disabled, and gone in the end."""
    wheel = shipped(environment, tmp_path / "stranger")
    installed = done(environment, "extension", "install", str(wheel))["data"]["extensions"]
    assert [("sky", "0.1.0", "ready")] == [(one["name"], one["version"], one["status"]) for one in installed]

    listed = {one["name"]: one for one in done(environment, "extension", "list")["data"]}
    assert (listed["sky"]["status"], listed["sky"]["origin"]["distribution"]) == ("ready", "provisioning-sky")
    done(environment, "extension", "validate", "sky", "--import")
    (status,) = done(environment, "provider", "check", "sky")["data"]
    assert (True, True) == (status["reachable"], status["authenticated"])

    done(environment, "workflow", "run", "two.toml")
    assert ["sky-a", "sky-b"] == names(environment)
    assert {("a", "run", "done"), ("b", "run", "done")} <= audited(environment)

    denied = done(environment, "workflow", "run", "large.toml", code=4)
    assert "operation c (server_create) is denied: extension policy-guard: " in json.dumps(denied)
    assert "too dear" in json.dumps(denied)
    assert ["sky-a", "sky-b"] == names(environment)

    for server in done(environment, "server", "list", "--provider", "sky")["data"]:
        done(environment, "server", "delete", server["id"], "--provider", "sky", "--yes")
    assert [] == names(environment)

    done(environment, "extension", "disable", "sky")
    refused = done(environment, "workflow", "run", "two.toml", code=2)
    assert "extension sky 0.1.0" in refused["error"]["message"]
    assert "disabled" in refused["error"]["message"]

    done(environment, "extension", "uninstall", "sky", "--yes")
    assert set() == environment.installed()
    assert "sky" not in {one["name"] for one in done(environment, "extension", "list")["data"]}
