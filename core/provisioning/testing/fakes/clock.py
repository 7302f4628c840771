"""A clock that goes on when somebody sleeps, and only then."""

__all__ = ["Clock"]


class Clock:
    """Time for fakes of clouds and whoever waits for them, so that nobody really waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        """Return the time, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
