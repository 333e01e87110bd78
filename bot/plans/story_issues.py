"""The sub-issues of a plan's stories: which there shall be, and the hidden line that names each.

Only task plans have stories; the parts of other formats get no issues of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from bot.plans.document import Span, normalise_dashes, parse_document
from bot.plans.formats import read_plan
from bot.plans.model import Group
from bot.plans.placeholders import placeholder_spans
from bot.plans.render import newlines
from bot.plans.waits_for import field_words, named_in

State = Literal["open", "done", "gone"]

LONGEST_TITLE = 256
"""https://docs.github.com/en/rest/issues/issues#create-an-issue: titles beyond are refused."""

_MARKER = re.compile(
    r'^<!-- plansync:story plan="(?P<plan>[1-9]\d{0,8})" key="(?P<key>S-\d{1,4})"'
    r' state="(?P<state>open|done|gone)" -->[ \t]*$',
    re.MULTILINE,
)
_KEY = re.compile(r"\bS-\d{1,4}\b")


@dataclass(frozen=True, slots=True)
class StoryMarker:
    """What a sub-issue's hidden line says: the number of the plan issue, the story, and the state
    of the story that was carried over last. ``gone`` is a story that the plan has no more."""

    plan: int
    key: str
    state: State = "open"


@dataclass(frozen=True, slots=True)
class Story:
    """A story as its sub-issue shows it.

    ``waits_for`` are the story before it and those that it names, ``needs`` the issues that it
    names; ``span`` is where it stands.
    """

    key: str
    title: str
    state: State
    waits_for: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()
    span: Span = field(default=Span(0, 0), compare=False, repr=False)


def render_story_marker(marker: StoryMarker) -> str:
    """The hidden line of a sub-issue."""
    said = f'plan="{marker.plan}" key="{marker.key}" state="{marker.state}"'
    return f"<!-- plansync:story {said} -->"


def parse_story_marker(body: str) -> StoryMarker | None:
    """The first story marker that has a line of its own, or None."""
    found = _MARKER.search(newlines(body))
    if found is None:
        return None
    state: State = "done" if found["state"] == "done" else "open"
    state = "gone" if found["state"] == "gone" else state
    return StoryMarker(int(found["plan"]), found["key"], state)


def with_marker(body: str, marker: StoryMarker) -> str:
    """A sub-issue's body with another hidden line; what people wrote around it stays."""
    return _MARKER.sub(lambda _: render_story_marker(marker), newlines(body), count=1)


def stories_of(path: str, text: str, here: str = "") -> tuple[Story, ...]:
    """The stories of a plan that shall have a sub-issue: those with a title of their own.

    ``here`` is the repository's web address.
    """
    document = parse_document(text)
    plan = read_plan(path, document)
    if plan is None:
        return ()
    sections = {section.line: section.whole for section in document.sections}
    found: dict[str, Story] = {}
    for group in plan.groups:
        if group.kind != "story" or group.key in found or not _is_named(group):
            continue
        title = " ".join(f"{group.key}: {group.title}".split())[:LONGEST_TITLE]
        span = sections.get(group.line, Span(0, 0))
        words = field_words(document, span)
        named = _KEY.findall(normalise_dashes(" ".join(words)))
        waits = dict.fromkeys((*tuple(found)[-1:], *(key for key in named if key != group.key)))
        found[group.key] = Story(
            key=group.key,
            title=title,
            state="done" if group.complete else "open",
            waits_for=tuple(waits),
            needs=named_in(words, here).issues,
            span=span,
        )
    return tuple(found.values())


def _is_named(group: Group) -> bool:
    return bool(group.title.strip()) and not placeholder_spans(group.title)
