"""The world of the subjects' tests."""

from tests.subjects.conftest import world

__all__ = ["world"]
