"""A person's role is asked for once in five minutes, per repository."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.github.roles import Roles


def test_a_role_is_kept_for_five_minutes() -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    roles, asked = Roles(lambda: now[0]), []

    def ask() -> str:
        asked.append(now[0])
        return "write" if len(asked) == 1 else "none"

    assert roles.of(1, "Alice", ask) == "write"
    now[0] += timedelta(minutes=4, seconds=59)
    assert roles.of(1, "alice", ask) == "write"
    assert roles.of(2, "alice", ask) == "none"
    now[0] += timedelta(seconds=1)
    assert roles.of(1, "alice", ask) == "none"
    assert len(asked) == 3
