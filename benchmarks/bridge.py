"""What asking a program costs: kept open beside a bare pipe to it, and one process a call beside starting it.

The program is the same on both sides, and reads the same line; what is added is ours: the request made, the answer
checked and turned into the contract's values, time-outs, log lines, the wish to stop.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from provisioning.bridge import Description, Mode, Program, make_provider
from provisioning.bridge.request import Request
from provisioning.contract import OperationContext

__all__ = ["bridge"]

_PYTHON = """
import json, sys
for line in sys.stdin.buffer:
    request = json.loads(line)
    result = {"operation": request["operation"], "resources": []}
    print(json.dumps({"id": request["id"], "status": "success", "result": result}), flush=True)
"""
_NODE = """
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  const result = { operation: request.operation, resources: [] };
  process.stdout.write(JSON.stringify({ id: request.id, status: "success", result }) + "\\n");
});
"""
_NUSHELL = """
def main [] {
    lines | each {|line|
        let request = ($line | from json)
        let result = {operation: $request.operation, resources: []}
        print ({id: $request.id, status: "success", result: $result} | to json --raw)
    } | ignore
}
"""
_LANGUAGES = {
    "Python": ((sys.executable, "program.py"), _PYTHON, 20),
    "Node": (("node", "program.js"), _NODE, 20),
    "Nushell": (("nu", "--no-config-file", "--stdin", "program.nu"), _NUSHELL, 5),
}
_CONTEXT = OperationContext()
_CALLS = 10_000


def bridge(rounds: int) -> None:
    """Print the costs of both ways of running, for each language that is here, and the memory of many calls."""
    print(f"{'language':<9} {'mode':<6} {'bare us':>9} {'ours us':>9} {'ours/bare':>10}   (the shortest of {rounds})")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        for language, (command, code, calls) in _LANGUAGES.items():
            if shutil.which(command[0]) is None:
                print(f"{language:<9} is not installed")
                continue
            (Path(folder) / command[-1]).write_text(code)
            for mode in (Mode.SERVE, Mode.CALL):
                _compare(language, Program("box", command, Path(folder), mode), calls, rounds)
        _memory(Program("box", _LANGUAGES["Python"][0], Path(folder), Mode.SERVE))


def _compare(language: str, program: Program, calls: int, rounds: int) -> None:
    provider = make_provider(program, Description(protocols=[1]), [], "one", {"token": "abc"})
    request = Request("find_server", {"client_token": "token"}, {"token": "abc"}, "one")
    line = request.line("r1", "box", "/tmp", _CONTEXT)
    serves = program.mode is Mode.SERVE
    calls, rounds = (calls, rounds) if serves else (1, rounds // 4)
    floor = _piped(program, line) if serves else _started(program, line)
    bare = next(floor)
    pairs = [
        (_seconds(bare, calls), _seconds(lambda: provider.find_server("token", _CONTEXT), calls)) for _ in range(rounds)
    ]
    floor_us, ours_us = (min(column) / calls * 1e6 for column in zip(*pairs, strict=True))
    print(f"{language:<9} {program.mode:<6} {floor_us:>9.1f} {ours_us:>9.1f} {ours_us / floor_us:>10.2f}", flush=True)
    provider.close()
    next(floor, None)


def _seconds(call: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start


def _piped(program: Program, line: bytes) -> Iterator[Callable[[], object]]:
    """Yield one round trip through a pipe, and end the process afterwards."""
    with subprocess.Popen(program.command, cwd=program.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        stdin, stdout = child.stdin, child.stdout
        assert stdin is not None
        assert stdout is not None

        def trip() -> bytes:
            stdin.write(line)
            stdin.flush()
            return stdout.readline()

        yield trip


def _started(program: Program, line: bytes) -> Iterator[Callable[[], object]]:
    """Yield one run of the program from its start to its end."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(line)

        def run() -> object:
            stdin.seek(0)
            return subprocess.run(program.command, cwd=program.folder, stdin=stdin, capture_output=True, check=True)

        yield run


def _memory(program: Program) -> None:
    provider = make_provider(program, Description(protocols=[1]), [], "one", {})
    peaks = []
    for _ in range(2):
        _seconds(lambda: provider.find_server("token", _CONTEXT), _CALLS)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    provider.close()
    print(f"memory after {_CALLS:,} calls {peaks[0]:.1f} MiB, after {_CALLS:,} more {peaks[1]:.1f} MiB")
