"""The same accidents, with Terraform and with us: what is left running that the tool does not know, and what twice.

Three servers are to be made on EC2's API, served by moto behind a proxy that honours client tokens (as EC2 does). In
one round the tool is killed while the reply about the second server is under way, in one it is interrupted once
(Ctrl-C) at that moment, in one the third server is refused. Then the tool is told to go on, or to undo. It is run where
`terraform` is on the PATH and can install its AWS provider; `TF_CLI_ARGS_init=-plugin-dir=...` helps it offline.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.plugins.aws.front import Ec2, ec2_cloud

__all__ = ["rivals"]

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
REGION = "eu-west-1"
IMAGE = "ami-087fc0fcee2c7570a"
GOOD, REFUSED = "t3.micro", "zz.none"

TERRAFORM = """
terraform {{
  required_providers {{ aws = {{ source = "hashicorp/aws" }} }}
}}
provider "aws" {{
  region = "{region}"
  skip_credentials_validation = true
  skip_requesting_account_id = true
  skip_metadata_api_check = true
  skip_region_validation = true
  max_retries = 1
  endpoints {{
    ec2 = "{url}"
    sts = "{url}"
  }}
}}
"""
INSTANCE = """
resource "aws_instance" "{name}" {{
  ami           = "{image}"
  instance_type = "{size}"
  tags          = {{ Name = "{name}" }}
  depends_on    = [{needs}]
}}
"""


@dataclass
class Tool:
    """How one tool is told what, in a folder of its own; `known` returns the ids that it knows of afterwards."""

    name: str
    write: Callable[[Path, Ec2, str], None]
    begin: Sequence[str]
    go_on: Sequence[str]
    undo: Sequence[str]
    known: Callable[[Path, Mapping[str, str]], set[str]]


def _write_terraform(folder: Path, ec2: Ec2, last: str) -> None:
    text = TERRAFORM.format(region=REGION, url=ec2.url)
    for number, size in enumerate((GOOD, GOOD, last), start=1):
        needs = f"aws_instance.s{number - 1}" if number > 1 else ""
        text += INSTANCE.format(name=f"s{number}", image=IMAGE, size=size, needs=needs)
    (folder / "main.tf").write_text(text)
    _run(["terraform", "init", "-input=false"], folder, os.environ, check=True)


def _known_to_terraform(folder: Path, _environ: Mapping[str, str]) -> set[str]:
    state = folder / "terraform.tfstate"
    resources = json.loads(state.read_text())["resources"] if state.exists() else []
    return {instance["attributes"]["id"] for resource in resources for instance in resource["instances"]}


def _write_ours(folder: Path, ec2: Ec2, last: str) -> None:
    (folder / "config.user.toml").write_text(
        f'[providers.aws]\nregion = "{REGION}"\nendpoint_url = "{ec2.url}"\nlisting_lag = 1\n'
    )
    text = 'name = "rivals"\nworkflow_id = "rivals"\n'
    for number, size in enumerate((GOOD, GOOD, last), start=1):
        text += f'[[operations]]\nid = "s{number}"\nkind = "server_create"\nprovider = "aws"\n'
        text += f'parameters = {{ name = "s{number}", size = "{size}", image = "{IMAGE}" }}\n'
    text += '[dependencies]\ns2 = ["s1"]\ns3 = ["s2"]\n'
    (folder / "flow.toml").write_text(text)


def _known_to_us(folder: Path, environ: Mapping[str, str]) -> set[str]:
    answer = _run([*OURS, "workflow", "status", "rivals", "--output", "json"], folder, environ)
    operations: Sequence[Mapping[str, Any]] = json.loads(answer.stdout)["data"]["operations"]
    return {
        resource["id"]
        for operation in operations
        if operation["state"] != "compensated"
        for resource in operation["resources"]
    }


OURS = [sys.executable, "-m", "provisioning"]
TOOLS = (
    Tool(
        "terraform",
        _write_terraform,
        ["terraform", "apply", "-auto-approve", "-input=false"],
        ["terraform", "apply", "-auto-approve", "-input=false"],
        ["terraform", "destroy", "-auto-approve", "-input=false"],
        _known_to_terraform,
    ),
    Tool(
        "provisioning",
        _write_ours,
        [*OURS, "workflow", "run", "flow.toml"],
        [*OURS, "workflow", "resume", "rivals"],
        [*OURS, "workflow", "rollback", "rivals", "--yes"],
        _known_to_us,
    ),
)


def rivals() -> None:
    """Print each accident's end with each tool."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    if shutil.which("terraform") is None:
        print("terraform is not on the PATH: nothing to compare with")
        return
    print(f"{'accident':<42} {'tool':<13} {'running':>8} {'known':>6} {'unknown':>8} {'twice':>6}")
    for accident, play in ACCIDENTS.items():
        for tool in TOOLS:
            with tempfile.TemporaryDirectory() as folder, ec2_cloud() as ec2:
                environ = {**os.environ, **KEYS}
                try:
                    play(tool, Path(folder), ec2, environ)
                except subprocess.CalledProcessError as error:
                    print(f"{accident:<42} {tool.name:<13} cannot be run here: {error.stderr.strip()[-200:]}")
                    continue
                running = _running(ec2)
                known = tool.known(Path(folder), environ) & set(running)
                twice = len(running) - len(set(running.values()))
                unknown = len(set(running) - known)
                print(
                    f"{accident:<42} {tool.name:<13} {len(running):>8} {len(known):>6} {unknown:>8} {twice:>6}",
                    flush=True,
                )


def _killed(tool: Tool, folder: Path, ec2: Ec2, environ: Mapping[str, str], then: Sequence[str]) -> None:
    _stopped(tool, folder, ec2, environ, signal.SIGKILL)
    _run(then, folder, environ)


def _interrupted(tool: Tool, folder: Path, ec2: Ec2, environ: Mapping[str, str]) -> None:
    _stopped(tool, folder, ec2, environ, signal.SIGINT)
    _run(tool.go_on, folder, environ)


def _stopped(tool: Tool, folder: Path, ec2: Ec2, environ: Mapping[str, str], number: signal.Signals) -> None:
    """Begin, and send a signal while the reply about the second server is under way."""
    tool.write(folder, ec2, GOOD)
    ec2.faults.skipped["RunInstances"] = 1
    ec2.faults.held["RunInstances"] = 1
    with subprocess.Popen(
        tool.begin,
        cwd=folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        ec2.faults.holding.wait(120)
        os.killpg(process.pid, number)
        if number is not signal.SIGKILL:
            ec2.faults.release.set()
        process.wait(120)
    ec2.faults.release.set()


def _last_refused(tool: Tool, folder: Path, ec2: Ec2, environ: Mapping[str, str]) -> None:
    tool.write(folder, ec2, REFUSED)
    _run(tool.begin, folder, environ)


ACCIDENTS: Mapping[str, Callable[[Tool, Path, Ec2, Mapping[str, str]], None]] = {
    "killed in flight, then told to go on": lambda t, f, c, e: _killed(t, f, c, e, t.go_on),
    "killed in flight, then told to undo": lambda t, f, c, e: _killed(t, f, c, e, t.undo),
    "interrupted once, then told to go on": _interrupted,
    "the last of three is refused": _last_refused,
}


def _running(ec2: Ec2) -> Mapping[str, str]:
    """Return the instances that run, with their names."""
    client = boto3.client(
        "ec2", region_name=REGION, endpoint_url=ec2.url, aws_access_key_id="test", aws_secret_access_key="test"
    )
    found = {}
    for reservation in client.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] in ("pending", "running"):
                found[instance["InstanceId"]] = next(t["Value"] for t in instance["Tags"] if t["Key"] == "Name")
    return found


def _run(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], *, check: bool = False
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, env=environ, check=check, capture_output=True, text=True, timeout=180)
