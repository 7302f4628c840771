"""What a program did instead of answering."""

from provisioning.bridge.program import Program

__all__ = ["Fault", "Unreadable"]

LONGEST = 200
"""How much of a program's output a message shows, in characters."""

_KEPT = 65536


class Unreadable(ValueError):
    """A piece of output that is no message; the text says what it is instead, `may_go_on` that more may complete it."""

    def __init__(self, what: str, *, may_go_on: bool = False) -> None:
        super().__init__(what)
        self.may_go_on = may_go_on


class Fault(Exception):
    """A program failed to answer a request, which may have been carried out all the same.

    `what` goes on after the program's name, and `output` is the piece of its output that it speaks of. `is_transient`
    says that the same request may be answered another time.
    """

    def __init__(self, what: str, output: bytes | bytearray = b"", *, is_transient: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.output = bytes(output[:_KEPT])
        self.is_transient = is_transient
        self.exit_status: int | None = None
        self.last_words: tuple[str, ...] = ()

    def ended(self, exit_status: int | None, last_words: tuple[str, ...]) -> "Fault":
        """Return this fault with how the program ended (None: it had not) and its last lines on standard error."""
        self.exit_status = exit_status
        self.last_words = last_words
        return self

    def message(self, program: Program, operation: str) -> str:
        """Return the whole sentence for people, without secrets."""
        words = f"{self.told(program)}, asked for {operation}; {_ending(self.exit_status)}"
        return f"{words}; its last lines on stderr: {' | '.join(self.last_words)}" if self.last_words else words

    def told(self, program: Program) -> str:
        """Return what the program did, without secrets, which are taken out before anything is cut."""
        words = program.redact(f"{program} {self.what}")
        return f"{words}: {_shown(program.redact(self.output.decode(errors='replace')))}" if self.output else words


def _ending(status: int | None) -> str:
    if status is None:
        return "it had not ended"
    return f"it was killed by signal {-status}" if status < 0 else f"exit status {status}"


def _shown(text: str) -> str:
    """Return a piece of output for a message: on one line, cut where it is long."""
    text = text.strip()
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
