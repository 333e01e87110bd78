"""What a command does to a plan: text in, text out, and what is to be said or done about it.

Pure: who may order what was asked before, and what GitHub has to do is only named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.errors import UserProblem
from bot.plans import orders_answers, orders_tasks, orders_words
from bot.plans.commands import COMMANDS, Command, misuse, parse_command, unquoted
from bot.plans.companions import is_feature
from bot.plans.document import Document, parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Plan
from bot.plans.ordered import Around, Done, NotHere
from bot.plans.orders_companions import OF_A_TASK, obey_beside

Handler = Callable[[Document, Plan, Command, Around], Done]

FORMAT_NAMES: Mapping[str, str] = {
    "feature-plan": "a feature plan",
    "user-story": "a user story",
    "task-plan": "a task plan",
    "implementation-plan": "an implementation plan",
    "track-spec": "a track specification",
}
_INSTEAD: Mapping[tuple[str, str], str] = {
    ("story", "user-story"): "A user story is one already; `/plan new story TITLE` makes another.",
    ("ask", "feature-plan"): "Ask in a comment, or in the plan's own words.",
    ("ask", "implementation-plan"): "Write NEEDS CLARIFICATION where the answer is missing.",
    ("answer", "implementation-plan"): "Put the answer where NEEDS CLARIFICATION stands.",
    ("log", "user-story"): "`/plan revise FEEDBACK` notes what changed in a user story.",
    ("log", "track-spec"): "`/plan decide TEXT` writes into its Conversation Log.",
    ("decide", "task-plan"): "`/plan log S-1 TEXT` writes into its decision log.",
    ("decide", "user-story"): "`/plan revise FEEDBACK` notes what changed in a user story.",
    ("revise", "track-spec"): "`/plan decide TEXT` writes into its Conversation Log.",
    ("revise", "task-plan"): "`/plan log S-1 TEXT` writes into its decision log.",
    ("approve", "user-story"): "Its gate is the Result under Architecture Validation.",
    ("approve", "implementation-plan"): "Its gates are its checklists.",
    ("approve", "feature-plan"): "Its gate is the Acceptance Checklist.",
    ("approve", "task-plan"): "Its gates are the Exit Checklists of its stories.",
}


HANDLERS: Mapping[str, Handler] = {
    "help": orders_answers.show_help,
    "status": orders_answers.status,
    "why": orders_answers.why,
    "check": orders_answers.check,
    "start": orders_answers.start,
    "done": orders_tasks.done,
    "undo": orders_tasks.undo,
    "na": orders_tasks.na,
    "block": orders_tasks.block,
    "unblock": orders_tasks.unblock,
    "assign": orders_tasks.assign,
    "story": orders_words.story,
    "ask": orders_words.ask,
    "answer": orders_words.answer,
    "approve": orders_words.approve,
    "decide": orders_words.decide,
    "revise": orders_words.revise,
    "log": orders_words.log,
}
"""Which function obeys which command; the others are about GitHub, not about the plan's text."""


def obey(text: str, command: Command, around: Around) -> Done:
    """What comes of a command for the plan ``text``. Never raises on user text.

    Commands about GitHub rather than about the plan's text (``sync``, ``link``, ``new`` …) are not
    known here: they give back the text as it is.
    """
    wrong = misuse(command)
    if wrong is not None:
        return Done(text, refused=UserProblem(wrong.what, f"The form is `{wrong.usage}`."))
    document = parse_document(text)
    plan = read_plan(around.path, document, statuses=around.statuses)
    form = COMMANDS[command.verb]
    if plan is None:
        return Done(text, refused=UserProblem("The file is in no plan format that plansync knows."))
    if form.formats and plan.format not in form.formats:
        kind = FORMAT_NAMES.get(plan.format, "this plan")
        instead = _INSTEAD.get((command.verb, plan.format), "")
        return Done(text, refused=NotHere(f"`/plan {form.name}` is not for {kind}.", instead))
    handler = HANDLERS.get(command.verb)
    if handler is None:
        return Done(text)
    try:
        if command.verb in OF_A_TASK and is_feature(text):
            return obey_beside(text, plan, command, around, obey)
        return handler(document, plan, command, around)
    except UserProblem as problem:
        return Done(text, refused=problem)


def preview(text: str, command: Command, around: Around) -> tuple[Done, Command | None]:
    """What the command behind ``/plan preview`` would do, and that command; None for none."""
    said = unquoted(command.text).removeprefix("/plan").strip()
    if not said:
        return Done(text), None
    inner = parse_command(f"/plan {said}")
    if inner is None or inner.verb == "preview":
        return Done(text), None
    return obey(text, inner, around), inner
