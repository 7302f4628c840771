"""What these suites share is judged by assertions too, and those are to say what they saw."""

import pytest

pytest.register_assert_rewrite("tests.acceptance.kill.invariants")
