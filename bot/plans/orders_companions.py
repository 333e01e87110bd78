"""Commands about tasks that stand in a file beside an implementation plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.errors import UserProblem
from bot.plans.commands import Command, split_task, split_tasks
from bot.plans.companions import folder_of, parse_feature, render_feature
from bot.plans.model import Plan
from bot.plans.ordered import Around, Done
from bot.plans.orders_tasks import named_task

OF_A_TASK = frozenset({"done", "undo", "na", "block", "unblock"})
"""The commands that write where their task stands."""

_SEVERAL = frozenset({"done", "undo"})

Obey = Callable[[str, Command, Around], Done]


def obey_beside(text: str, plan: Plan, command: Command, around: Around, obey: Obey) -> Done:
    """What comes of a command for a plan with its companions: each task where it stands.

    Either every task that it names is changed or none is. Raises UserProblem for a task that is
    none, and for one that is a file.
    """
    several = command.verb in _SEVERAL
    names = split_tasks(command.text) if several else [split_task(command.text)[0]]
    whole, folder = parse_feature(text), folder_of(around.path)
    texts = {around.path: whole.plan}
    texts |= {folder + name: said for name, said in whole.files.items()}
    did = []
    for name in names:
        path = named_task(plan, name, anywhere=True).path or around.path
        if path not in texts:
            raise UserProblem(
                f"{name} is a file, not a box.", "It is done as soon as the file is there."
            )
        inner = replace(command, text=name) if several else command
        done = obey(texts[path], inner, replace(around, path=path))
        if done.refused is not None:
            return Done(text, refused=done.refused)
        texts[path] = done.text
        did += [done.did] if done.did else []
    files = {name: texts[folder + name] for name in whole.files}
    written = render_feature(replace(whole, plan=texts[around.path], files=files))
    return Done(written, did=", ".join(did))
