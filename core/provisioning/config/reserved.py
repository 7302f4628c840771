"""The names that nothing else may take: the first names of references, the engine and the scheme of the core."""

from typing import Final

from provisioning.config.settings import Settings
from provisioning.config.surroundings import ROOTS

__all__ = ["CORE_ENGINE", "CORE_SCHEME", "REFERENCE_ROOTS"]

CORE_ENGINE: Final = "threads"
"""The engine that is always there."""

CORE_SCHEME: Final = "sqlite"
"""The scheme of the URL of a journal that needs no extension."""

_OF_A_RUN = ("operations", "inputs", "each", "workflow")
_WORDS = ("true", "false", "null", "not")

REFERENCE_ROOTS: Final = frozenset({*Settings.model_fields, *ROOTS, *_OF_A_RUN, *_WORDS})
"""What a reference may begin with: a section, what is outside, what only a run knows, and the words of expressions."""
