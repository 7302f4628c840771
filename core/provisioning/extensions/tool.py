"""The program that changes this environment, in a process of its own: its words passed on, its failure one error."""

import re
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provisioning.errors import InstallerFailed

__all__ = ["Say", "Tool", "silent"]

Say = Callable[[str], None]
"""Takes one line of what a program says while it works."""

_USER_INFO = re.compile(r"(?<=://)[^\s/]*@")
_KEPT = 200  # lines that are looked at when it fails
_TAIL = 12  # lines of them that are shown; enough for the reason, and no more than a person reads
_MANAGED = "externally managed"


def silent(_line: str) -> None:
    """Say nothing of it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One program by its name and the list that starts it; `redact` takes secrets out of what it says."""

    name: str
    command: Sequence[str]
    redact: Callable[[str], str] = str

    def ask(self, *arguments: str) -> tuple[str, str]:
        """Run it, and return what it wrote to its standard output and its standard error; raises `InstallerFailed`."""
        try:
            done = subprocess.run(
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise self._unstartable(error) from error
        if done.returncode:
            raise self._failed(done.returncode, done.stderr.splitlines())
        return done.stdout, done.stderr

    def run(self, arguments: Sequence[str], say: Say) -> None:
        """Run it, and hand on every line that it writes; raises `InstallerFailed`."""
        last: deque[str] = deque(maxlen=_KEPT)
        with self._started(arguments) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            try:
                for line in map(str.rstrip, process.stdout):
                    last.append(line)
                    say(self.clean(line))
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if process.returncode:
            raise self._failed(process.returncode, last)

    def _started(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise self._unstartable(error) from error

    def clean(self, text: str) -> str:
        """Return a text without known secrets, and without who logs in where a URL says it."""
        return _USER_INFO.sub("***@", self.redact(text))

    def _failed(self, code: int, said: Sequence[str]) -> InstallerFailed:
        lines = [self.clean(line.rstrip()) for line in said if line.strip()]
        if any(_MANAGED in line.lower().replace("-", " ") for line in lines):
            return InstallerFailed(
                f"this Python belongs to the operating system, and {self.name} may not change it (PEP 668)",
                extension=self.name,
                hint="install provisioning into a virtual environment of its own, and the extension with it:"
                " python3 -m venv ENV && ENV/bin/pip install provisioning",
                details={"tool": self.name, "exit_code": code},
            )
        tail = lines[-_TAIL:]
        listing = "".join(f"\n  {line}" for line in tail) or " it said nothing"
        return InstallerFailed(
            f"{self.name} failed with exit code {code}:{listing}",
            extension=self.name,
            details={"tool": self.name, "exit_code": code, "said": tail},
        )

    def _unstartable(self, error: OSError) -> InstallerFailed:
        why = f"{self.name} cannot be run: {error.strerror or error}"
        return InstallerFailed(why, extension=self.name, details={"tool": self.name})
