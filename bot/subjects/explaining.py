"""What a pull request is to a task of a plan, and where it says so, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.comments import code_span
from bot.memory import LinkedTask, PullMemory
from bot.plans.links import Source


def explain_pull(pull: PullMemory, address: str, pulls: Sequence[PullMemory] = ()) -> str:
    """What a pull request is to a task, and where it names it; without a full stop."""
    link = next((one for one in pull.links if one.address == address), None)
    where = f"; {_where(link)}" if link and link.words else ""
    return f"#{pull.number} {_standing(pull, pulls)}{where}"


def _where(link: LinkedTask) -> str:
    return Source(link.kind, link.line, link.words).sentence


def _standing(pull: PullMemory, pulls: Sequence[PullMemory]) -> str:
    by = f" by {code_span(pull.by)}" if pull.by else ""
    match pull.standing:
        case "merged":
            return f"was merged{by}"
        case "elsewhere":
            return f"was merged{by} into {code_span(pull.base)}, not yet into the plan's branch"
        case "reverted":
            taker = next((p.number for p in pulls if pull.number in p.reverts), None)
            commit = code_span(pull.undone_by[:10]) if pull.undone_by.strip("?") else ""
            undone = f"#{taker}" if taker else commit
            return f"was merged{by} and reverted" + (f" by {undone}" if undone else "")
        case "planning":
            return "changes plan files alone, which completes nothing"
        case "waiting":
            return "is by someone who may not write here and counts when it is merged"
        case "closed":
            return "was closed unmerged"
        case "draft":
            return "is an open draft"
        case _:
            return "is open"
