"""Why a task stands where it stands: what its pull requests say and are, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.comments import code_span
from bot.memory import LinkedTask, PullMemory
from bot.plans.linked import shown_address
from bot.plans.links import Source
from bot.plans.model import PlanTask


def explain_task(task: PlanTask, pulls: Sequence[PullMemory]) -> str:
    """``Task 2 is Complete: #41 was merged by `bob`; its body line 3 says `Task: 2`.``

    ``pulls`` are all that the plan knows. User text stands in code spans, nobody is mentioned.
    """
    about = [pull for pull in pulls if task.address in pull.tasks]
    said = [explain_pull(pull, task.address, pulls) for pull in about]
    why = ". ".join(said) or "no pull request names it, somebody set that in the plan"
    return f"Task {shown_address(task)} is {task.state.value}: {why}."


def explain_pull(pull: PullMemory, address: str, pulls: Sequence[PullMemory] = ()) -> str:
    """What a pull request is to a task, and where it names it; without a full stop."""
    link = next((one for one in pull.links if one.address == address), None)
    where = f"; {_where(link)}" if link and link.words else ""
    return f"#{pull.number} {_standing(pull, pulls)}{where}"


def explain_unread(pull: PullMemory) -> tuple[str, ...]:
    """What a pull request names that is no task of the plan; one sentence each."""
    return tuple(
        f"#{pull.number} names {code_span(link.named)}, which "
        + ("is gone from the plan" if link.gone else "is no task of the plan")
        for link in pull.links
        if link.gone or (not link.address and link.kind in ("line", "branch"))
    )


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
            return f"was merged{by} and reverted" + (f" by #{taker}" if taker else "")
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
