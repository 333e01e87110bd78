"""The three ways work can fail: the user's doing, a passing fault, or a bug of ours.

A ``UserProblem`` is told to the person it concerns, a ``Retryable`` is tried again at its time,
and every other exception is a bug: the subject is parked and shown to the operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(eq=False)
class UserProblem(Exception):
    """Something a person can mend: one sentence of what is wrong, where, and how to fix it."""

    message: str
    fix: str = ""
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = ""
        if self.path is not None:
            where = f"{self.path}:{self.line}: " if self.line is not None else f"{self.path}: "
        return f"{where}{self.message}" + (f" {self.fix}" if self.fix else "")


@dataclass(eq=False)
class Retryable(Exception):
    """A passing fault: try again, not before ``until`` (an aware UTC time) when one is given."""

    reason: str
    until: datetime | None = None

    def __str__(self) -> str:
        return self.reason
