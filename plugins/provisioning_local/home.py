"""The directory of one server: everything that belongs to it, and nothing of another one."""

from pathlib import Path

__all__ = ["Home"]


class Home:
    """Where one server lives; the directory's name is the server's id.

    This and every module that the supervisor uses imports little, so that a server starts quickly.
    """

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The server's id."""
        return self.path.name

    @property
    def lock(self) -> Path:
        """Locked by whoever changes the server, one at a time; its time of change is the server's time of creation."""
        return self.path / "lock"

    @property
    def life(self) -> Path:
        """Locked by the supervisor for as long as it lives; names the processes."""
        return self.path / "life"

    @property
    def record(self) -> Path:
        """What is known of the server. A directory without it is not a server."""
        return self.path / "record.json"

    @property
    def log(self) -> Path:
        """What the server and its supervisor print."""
        return self.path / "server.log"

    @property
    def user_data(self) -> Path:
        """The text that the server was given when it was created, in UTF-8."""
        return self.path / "user-data"

    @property
    def work(self) -> Path:
        """The directory in which the server's command runs."""
        return self.path / "work"
