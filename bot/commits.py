"""Commit messages: what a reader of ``git log`` sees of a plan's life.

People's words stand in them, so every word that GitHub or a CI system would act on is defused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.github.snapshots import Person
from bot.plans.merge import Tick

_JOINER = "\u2060"
# Closing keywords need "#12", "GH-12" or an issue's address, mentions an "@", and CI systems read
# "[skip ci]" and its kin: a word joiner after the sign leaves the text readable and inert.
# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
# https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
_LIVE = re.compile(r"#(?=\d)|\bGH-(?=\d)|@(?=\w)|\[(?=\s*(?:skip|ci|no)\b)|/(?:issues|pull)/", re.I)
_SUBJECT_LENGTH = 72
_SKIP_CI = "[skip ci]"
_REQUEST = re.compile(r"^Plan-Request: #(\d{1,9})$", re.MULTILINE)
_PATH = re.compile(r"^Plan-Path: (.+)$", re.MULTILINE)


def defuse(text: str) -> str:
    """One line of user text that neither closes an issue, pings anyone, nor steers a CI system."""
    line = " ".join(text.split())
    return _LIVE.sub(lambda m: m[0] + _JOINER, line)


def tick_subject(ticks: Sequence[Tick], path: str) -> str:
    """``Tick “Write the tests”`` for one box, a count and the path for several."""
    if len(ticks) == 1:
        verb = "Tick" if ticks[0].checked else "Untick"
        return _cut(f"{verb} “{defuse(ticks[0].text)}”")
    done = sum(tick.checked for tick in ticks)
    if done == len(ticks):
        return _cut(f"Tick {done} tasks in {path}")
    if not done:
        return _cut(f"Untick {len(ticks)} tasks in {path}")
    return _cut(f"Tick {done} and untick {len(ticks) - done} tasks in {path}")


def tick_lines(ticks: Sequence[Tick]) -> list[str]:
    """The boxes as they stand now, one line each."""
    return [f"- [{'x' if tick.checked else ' '}] {defuse(tick.text)}" for tick in ticks]


def compose(
    subjects: Sequence[str], details: Sequence[str] = (), people: Sequence[Person] = ()
) -> str:
    """A commit message: the first subject as the title, the rest and the details as its body."""
    title, *more = subjects
    blocks = [title]
    if more or details:
        blocks.append("\n".join([*more, *details]))
    if trailers := credit(tuple(people)):
        blocks.append(trailers)
    return "\n\n".join(blocks)


def skipping_ci(message: str) -> str:
    """The message of a commit that no CI system starts for.

    https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
    """
    title, *rest = message.split("\n", 1)
    return "\n".join([f"{title} {_SKIP_CI}", *rest])


def running_ci(message: str) -> str:
    """The message without what keeps CI from starting: a pull request waits for its checks."""
    title, *rest = message.split("\n", 1)
    return "\n".join([title.removesuffix(f" {_SKIP_CI}"), *rest])


def request_message(title: str, path: str, request: int) -> str:
    """The message of the commit that answers a plan request; its trailers find it again."""
    subject = _cut(f"Add the plan “{defuse(title)}”")
    return f"{subject}\n\nPlan-Path: {path}\nPlan-Request: #{request}"


def parse_trailers(message: str) -> tuple[int, str] | None:
    """The request and the plan's path that a commit answers, or None for any other commit."""
    number, path = _REQUEST.search(message), _PATH.search(message)
    return (int(number[1]), path[1]) if number and path else None


def _cut(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT_LENGTH else subject[: _SUBJECT_LENGTH - 1] + "…"


def credit(people: tuple[Person, ...]) -> str:
    """``Co-authored-by`` trailer lines for people; bots are left out, each person stands once.

    The address is the one GitHub links to an account:
    https://docs.github.com/en/account-and-profile/reference/email-addresses-reference
    """
    seen: dict[str, Person] = {p.login.casefold(): p for p in people if p.login and not p.is_bot}
    return "\n".join(
        f"Co-authored-by: {p.login} <{p.id}+{p.login}@users.noreply.github.com>"
        for p in seen.values()
    )
