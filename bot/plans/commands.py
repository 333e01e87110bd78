"""What a comment orders: its first line, when that begins with ``/plan``.

>>> parse_command("/plan take issue\\n\\nThe wording there is newer.")
Command(verb='take', words=('issue',))
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMAND = re.compile(r"\A/plan[ \t]+(\S.*?)[ \t]*(?:\r?\n|\r|\Z)")
_MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Command:
    """One command: ``verb`` in lower case, ``words`` as they were written."""

    verb: str
    words: tuple[str, ...] = ()


def parse_command(comment: str) -> Command | None:
    """The command on a comment's first line, or None. Never raises."""
    found = _COMMAND.match(comment)
    if found is None:
        return None
    verb, *words = found[1].split()[:_MOST_WORDS]
    return Command(verb.casefold(), tuple(words))
