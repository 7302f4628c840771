"""Where the folder stands that holds the fake cloud as an extension."""

from pathlib import Path

__all__ = ["EXTENSIONS"]

EXTENSIONS = Path(__file__).parent / "extension"
"""What `--extension-path` is given, so that providers of type `fake` are found."""
