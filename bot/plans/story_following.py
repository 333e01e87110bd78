"""What of a user story follows when its facts change, whoever changed them.

Its Status, its requirements' boxes, and the Devloop Tracking rows once it is ready. Nothing moves
while the facts amount to what they amounted to before, so a person's word stands until then.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.plans.cellwords import STATUS_WORDS
from bot.plans.document import parse_document
from bot.plans.formats import read_plan
from bot.plans.gates.status import is_ready
from bot.plans.tracking import Tracked, add_tracking_rows, follow_status, tick_requirements


def follow_story(
    text: str, path: str, before: str, statuses: Mapping[str, str] = STATUS_WORDS
) -> Tracked:
    """A story's text with what follows from its changes since ``before``; else the same text.

    Any other format, and a text that was none of the format before, comes back as it is.
    """
    was = read_plan(path, parse_document(before), statuses=statuses)
    now = read_plan(path, parse_document(text), statuses=statuses)
    if was is None or now is None or (was.format, now.format) != ("user-story", "user-story"):
        return Tracked(text)
    text = tick_requirements(text, was, now)
    if is_ready(now) and not is_ready(was):
        text = add_tracking_rows(parse_document(text), now, statuses)
    if was.status != now.status:
        # Whoever changed it in the same step meant it.
        return Tracked(text)
    return follow_status(text, was, statuses)
