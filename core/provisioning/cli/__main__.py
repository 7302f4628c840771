"""The entry point of the `provisioning` command."""

import contextlib
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command with the process's arguments, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        from provisioning.cli.root import root

        root.main()
    except KeyboardInterrupt:  # before the root can say so itself
        sys.exit(130)


if __name__ == "__main__":
    main()
