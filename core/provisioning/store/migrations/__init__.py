"""The migrations of the journal's schema: from each version to the next one, as SQL.

What stands here is history: a migration is never changed once it is released, and says nothing of today's schema.
"""

from collections.abc import Mapping

from provisioning.store.migrations import from_1

__all__ = ["MIGRATIONS"]

MIGRATIONS: Mapping[int, tuple[str, ...]] = {1: from_1.STATEMENTS}
"""By the version that a journal has: the statements that make it one of the next version."""
